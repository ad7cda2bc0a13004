package leader

// ticks counts what the processor's clock counts, soon enough for a comparison.
func ticks() uint64
