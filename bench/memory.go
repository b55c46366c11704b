package main

import "math"

const (
	wholeCPU      = 1769             // MB at which a function has one CPU
	perGBSecond   = 0.0000133334     // dollars, arm64
	assumedWait   = 0.150            // seconds that a check waits for the network, whatever the memory
	perRequest    = 0.20 / 1_000_000 // dollars
	checksPriced  = 1_000_000
	millisecond   = 0.001
	megabytesInGB = 1024
)

var memorySizes = []int{128, 192, 256, 512, 1024, wholeCPU}

// memorySize is what the step costs in a function of so many MB.
type memorySize struct {
	MB          int
	Cold        float64 // init and first check, × wholeCPU
	Warm        float64 // check of 1 endpoint, × wholeCPU
	Warm100k    float64 // check of 100,000 endpoints, × wholeCPU
	Dollars     float64 // a million warm checks of 1 endpoint
	Dollars100k float64 // a million warm checks of 100,000 endpoints
}

// measureMemory emulates the CPU share of each memory size. The cold start's init is not slowed: Lambda lends CPU to it.
func measureMemory(ours contender, cpu, starts int) ([]memorySize, error) {
	var rows []memorySize
	plans := []plan{{1, 20, 10}, {100_000, 5, 1}}
	for _, mb := range memorySizes {
		part := float64(mb) / wholeCPU
		if mb == wholeCPU {
			part = 0
		}
		cold, err := startAllCold([]contender{ours}, cpu, starts, slow{part: part})
		if err != nil {
			return nil, err
		}
		warm, err := checkAllWarm([]contender{ours}, cpu, part, plans)
		if err != nil {
			return nil, err
		}
		one, many := warm.took[1].mean(nameOurs), warm.took[100_000].mean(nameOurs)
		rows = append(rows, memorySize{mb, cold.total.median(nameOurs), one, many, dollars(mb, one), dollars(mb, many)})
	}
	whole := rows[len(rows)-1]
	for i := range rows {
		rows[i].Cold /= whole.Cold
		rows[i].Warm /= whole.Warm
		rows[i].Warm100k /= whole.Warm100k
	}
	return rows, nil
}

// dollars is the price of a million checks that take so many seconds of this machine's time.
func dollars(mb int, seconds float64) float64 {
	billed := math.Ceil((seconds+assumedWait)/millisecond) * millisecond
	return checksPriced * (perRequest + billed*float64(mb)/megabytesInGB*perGBSecond)
}
