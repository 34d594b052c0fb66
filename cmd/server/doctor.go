package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"storelink/internal/config"
	"storelink/internal/store"
)

// verdict is how a check went.
type verdict string

// The verdicts. A failure is what keeps stores from being connected; a warning is what may.
const (
	verdictOK      verdict = "ok"
	verdictWarning verdict = "warning"
	verdictFailure verdict = "failure"
)

// finding is one line of the report. It holds no secret.
type finding struct {
	Check   string  `json:"check"`
	Verdict verdict `json:"verdict"`
	Found   string  `json:"found"`
	Do      string  `json:"do,omitempty"` // where the verdict is not ok
}

type doctorCommand struct {
	config.Settings
	JSON bool `name:"json" help:"Print the findings as JSON."`
}

// Run prints the findings. It returns an error where one is a failure.
func (c *doctorCommand) Run(ctx context.Context) error {
	findings := examine(ctx, &c.Settings, nil)
	if err := report(os.Stdout, findings, c.JSON); err != nil {
		return err
	}
	failures := 0
	for _, f := range findings {
		if f.Verdict == verdictFailure {
			failures++
		}
	}
	if failures > 0 {
		return fmt.Errorf("failed checks: %d of %d", failures, len(findings))
	}
	return nil
}

func report(out io.Writer, findings []finding, asJSON bool) error {
	if asJSON {
		healthy := true
		for _, f := range findings {
			healthy = healthy && f.Verdict != verdictFailure
		}
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		err := encoder.Encode(struct {
			OK     bool      `json:"ok"`
			Checks []finding `json:"checks"`
		}{healthy, findings})
		if err != nil {
			return fmt.Errorf("write report: %w", err)
		}
		return nil
	}
	for _, f := range findings {
		line := fmt.Sprintf("%-8s %-18s %s", f.Verdict, f.Check, f.Found)
		if f.Do != "" {
			line += " -> " + f.Do
		}
		if _, err := fmt.Fprintln(out, line); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	return nil
}

// doctor examines one deployment. Every check says what it found, also where it had to be left out.
type doctor struct {
	settings *config.Settings
	roots    *x509.CertPool // that certificates must come from; nil: the machine's
	wrong    map[string]bool
	db       *store.DB // nil: it cannot be reached
	migrated bool
	findings []finding
}

// examine runs all checks, one after the other, and returns what they found.
func examine(ctx context.Context, settings *config.Settings, roots *x509.CertPool) []finding {
	d := &doctor{settings: settings, roots: roots, wrong: map[string]bool{}}
	d.examineSettings()
	d.examineDatabase(ctx)
	defer d.close()
	d.examineKeyset(ctx)
	d.examineUpstream(ctx)
	d.examineScopes(ctx)
	d.examinePublicURL(ctx)
	return d.findings
}

func (d *doctor) close() {
	if d.db != nil {
		d.db.Close()
	}
}

func (d *doctor) ok(check, format string, args ...any) {
	d.findings = append(d.findings, finding{Check: check, Verdict: verdictOK, Found: fmt.Sprintf(format, args...)})
}

func (d *doctor) warn(check, do, format string, args ...any) {
	d.findings = append(d.findings, finding{Check: check, Verdict: verdictWarning, Found: fmt.Sprintf(format, args...), Do: do})
}

func (d *doctor) fail(check, do, format string, args ...any) {
	d.findings = append(d.findings, finding{Check: check, Verdict: verdictFailure, Found: fmt.Sprintf(format, args...), Do: do})
}

// usable reports whether the settings are right that a check needs; where one is not, it says that the check is left out.
func (d *doctor) usable(check string, settings ...string) bool {
	for _, name := range settings {
		if d.wrong[name] {
			d.warn(check, "correct it and ask again", "not checked, since %s is wrong", name)
			return false
		}
	}
	return true
}
