package ipc

// queue is a ring of messages that grows by doubling. The zero value is empty.
type queue[T any] struct {
	buf     []T
	head, n int
}

// at returns message i, counted from the oldest.
func (q *queue[T]) at(i int) *T { return &q.buf[(q.head+i)&(len(q.buf)-1)] }

// push makes room for one more and returns it.
func (q *queue[T]) push() *T {
	if q.n == len(q.buf) {
		next := make([]T, max(4, 2*len(q.buf)))
		for i := range q.n {
			next[i] = *q.at(i)
		}
		q.buf, q.head = next, 0
	}
	q.n++
	return q.at(q.n - 1)
}

// pushFront makes room for one more before the oldest and returns it.
func (q *queue[T]) pushFront() *T {
	q.push()
	q.head = (q.head - 1) & (len(q.buf) - 1)
	return q.at(0)
}

// pop drops the oldest.
func (q *queue[T]) pop() {
	var none T
	q.buf[q.head] = none
	q.head = (q.head + 1) & (len(q.buf) - 1)
	q.n--
}
