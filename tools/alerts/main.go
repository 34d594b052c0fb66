// Command alerts runs unit tests of Prometheus alerts, in promtool's own file format, with Prometheus's own parser, engine
// and templates: `promtool test rules` reads the same files. promtool itself takes minutes to build, for clouds that
// nobody asks here. Every alert must have a test in which it fires and one in which it does not.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"
)

// file is what is used of promtool's format. Anything else in a file is an error.
type file struct {
	RuleFiles          []string       `yaml:"rule_files"`
	EvaluationInterval model.Duration `yaml:"evaluation_interval"`
	Tests              []group        `yaml:"tests"`
}

type group struct {
	Name        string         `yaml:"name"`
	Interval    model.Duration `yaml:"interval"`
	InputSeries []struct {
		Series string `yaml:"series"`
		Values string `yaml:"values"`
	} `yaml:"input_series"`
	Alerts []expectation `yaml:"alert_rule_test"`
}

type expectation struct {
	At     model.Duration `yaml:"eval_time"`
	Alert  string         `yaml:"alertname"`
	Firing []struct {
		Labels      map[string]string `yaml:"exp_labels"`
		Annotations map[string]string `yaml:"exp_annotations"`
	} `yaml:"exp_alerts"`
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: alerts FILE")
		os.Exit(2)
	}
	tested, err := run(context.Background(), os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("%s: %d alerts fire when they should, and only then\n", os.Args[1], tested)
}

// run returns how many alerts were tested.
func run(ctx context.Context, path string) (int, error) {
	in, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	var tests file
	decoder := yaml.NewDecoder(in)
	decoder.KnownFields(true)
	if err := decoder.Decode(&tests); err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	if tests.EvaluationInterval == 0 {
		tests.EvaluationInterval = model.Duration(time.Minute)
	}
	var rules []rule
	for _, name := range tests.RuleFiles {
		more, err := readRules(filepath.Join(filepath.Dir(path), name))
		if err != nil {
			return 0, err
		}
		rules = append(rules, more...)
	}
	var failures []error
	for _, g := range tests.Tests {
		if g.Interval == 0 {
			g.Interval = tests.EvaluationInterval
		}
		for _, err := range g.run(ctx, rules, time.Duration(tests.EvaluationInterval)) {
			failures = append(failures, fmt.Errorf("%s: %q: %w", path, g.Name, err))
		}
	}
	return len(rules), errors.Join(append(failures, untested(rules, tests.Tests)...)...)
}

// untested names alerts that no test shows both firing and at rest.
func untested(rules []rule, groups []group) []error {
	fires, rests := map[string]bool{}, map[string]bool{}
	for _, g := range groups {
		for _, e := range g.Alerts {
			if len(e.Firing) > 0 {
				fires[e.Alert] = true
			} else {
				rests[e.Alert] = true
			}
		}
	}
	var failures []error
	for _, r := range rules {
		if !fires[r.name] {
			failures = append(failures, fmt.Errorf("no test in which %s fires", r.name))
		}
		if !rests[r.name] {
			failures = append(failures, fmt.Errorf("no test in which %s does not fire", r.name))
		}
	}
	return failures
}
