package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of /proc/PID/stat's times: USER_HZ, which is 100 on every Linux.
const tick = 10 * time.Millisecond

// stat is what /proc/PID/stat says of a process: proc_pid_stat(5).
type stat struct {
	parent    int
	processor time.Duration // its own and that of its children that have ended
}

func readStat(pid int) (stat, error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return stat{}, fmt.Errorf("processor time is read from /proc, which Linux alone has: %w", err)
	}
	// The name, in brackets, may hold anything.
	words := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(words) < 15 {
		return stat{}, fmt.Errorf("/proc/%d/stat cannot be read", pid)
	}
	var s stat
	s.parent, _ = strconv.Atoi(words[1])
	for _, word := range words[11:15] {
		ticks, _ := strconv.Atoi(word)
		s.processor += time.Duration(ticks) * tick
	}
	return s, nil
}

func processorOf(pid int) (time.Duration, error) {
	s, err := readStat(pid)
	return s.processor, err
}

// processorOfFamily returns the processor time of a process and of its children.
func processorOfFamily(pid int) (time.Duration, error) {
	sum, err := processorOf(pid)
	if err != nil {
		return 0, err
	}
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0, fmt.Errorf("list processes: %w", err)
	}
	for _, path := range all {
		child, _ := strconv.Atoi(filepath.Base(path))
		if s, err := readStat(child); err == nil && s.parent == pid {
			sum += s.processor
		}
	}
	return sum, nil
}
