package torture

import "time"

// due is a wait and when it goes on.
type due struct {
	at        time.Time
	execution *execution
}

// queue holds the waits, the next one first; at one time the one with the lower action id.
type queue []due

func (q queue) Len() int      { return len(q) }
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q queue) Less(i, j int) bool {
	if !q[i].at.Equal(q[j].at) {
		return q[i].at.Before(q[j].at)
	}
	return q[i].execution.id < q[j].execution.id
}
func (q *queue) Push(x any) {
	d, _ := x.(due)
	*q = append(*q, d)
}
func (q *queue) Pop() any {
	last := len(*q) - 1
	d := (*q)[last]
	*q = (*q)[:last]
	return d
}
