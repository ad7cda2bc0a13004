// Package mmtest holds the cases that every memory subsystem must pass, a slow
// obvious model of one, and a fuzzer that compares the two.
package mmtest

import (
	"testing"

	"adyton.dev/adyton/proto/gen/mmapi"
)

// Cases maps a case name to its check, which gets a fresh instance.
var Cases = map[string]func(*testing.T, mmapi.MM){
	"MapPlacesTopDown":       mapPlacesTopDown,
	"MapChecksInLinuxOrder":  mapChecksInLinuxOrder,
	"MapFixedReplaces":       mapFixedReplaces,
	"MapNoReplace":           mapNoReplace,
	"MapFileChecks":          mapFileChecks,
	"MapMergesNeighbours":    mapMergesNeighbours,
	"Map32BitAndAbove4G":     map32BitAndAbove4G,
	"MapLocked":              mapLocked,
	"MapHugeTLB":             mapHugeTLB,
	"MapLimits":              mapLimits,
	"MapAlignsHuge":          mapAlignsHuge,
	"MapAvoidsReserved":      mapAvoidsReserved,
	"UnmapSplits":            unmapSplits,
	"UnmapChecks":            unmapChecks,
	"ProtectSplitsAndMerges": protectSplitsAndMerges,
	"ProtectStopsAtHole":     protectStopsAtHole,
	"ProtectGrowsDown":       protectGrowsDown,
	"RemapGrowsInPlace":      remapGrowsInPlace,
	"RemapMoves":             remapMoves,
	"RemapFixed":             remapFixed,
	"RemapDontUnmap":         remapDontUnmap,
	"RemapDuplicatesShared":  remapDuplicatesShared,
	"RemapChecks":            remapChecks,
	"BrkGrowsAndShrinks":     brkGrowsAndShrinks,
	"BrkRefuses":             brkRefuses,
	"SealRefuses":            sealRefuses,
	"AdviseOps":              adviseOps,
	"AdviseRefusals":         adviseRefusals,
	"AdviseDivides":          adviseDivides,
	"ForkAdvice":             forkAdvice,
	"ForkCopies":             forkCopies,
	"FreeReleases":           freeReleases,
	"SyncListsFiles":         syncListsFiles,
	"CheckRange":             checkRange,
	"LockLimits":             lockLimits,
	"LockCounts":             lockCounts,
	"LockAll":                lockAll,
	"FaultCodes":             faultCodes,
	"FaultGrowsStack":        faultGrowsStack,
	"AreasPages":             areasPages,
	"RevertTakesBack":        revertTakesBack,
	"UnknownSpace":           unknownSpace,
}

// Run checks one implementation. open gives a fresh one without memory limit
// and with Linux's default number of areas; its policies for huge pages and
// populating may be any.
func Run(t *testing.T, open func(*testing.T) mmapi.MM) {
	for name, check := range Cases {
		t.Run(name, func(t *testing.T) { check(t, open(t)) })
	}
}
