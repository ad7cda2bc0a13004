package hostproc

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestTwoLeadersClaimDifferentCPUs(t *testing.T) {
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil || all.Count() < 2 {
		t.Skip("one CPU: nothing to claim")
	}
	// Enough plans that the CPUs run out, other Adytons on the machine or not.
	taken := unix.CPUSet{}
	for range all.Count() {
		plan := planCPUs()
		defer unix.Close(plan.claim)
		if !plan.spin {
			if plan.leader != all || plan.apps != all {
				t.Errorf("no CPU left: leader %v, apps %v, want both %v", plan.leader, plan.apps, all)
			}
			continue
		}
		for i := range len(all) * 64 {
			if plan.leader.IsSet(i) && taken.IsSet(i) {
				t.Errorf("CPU %d claimed twice", i)
			}
			if plan.leader.IsSet(i) && plan.apps.IsSet(i) {
				t.Errorf("CPU %d is the leader's and the apps'", i)
			}
			if plan.leader.IsSet(i) {
				taken.Set(i)
			}
		}
	}
	if plan := planCPUs(); plan.spin {
		t.Errorf("plan after all CPUs are claimed: leader %v spins", plan.leader)
	}
}
