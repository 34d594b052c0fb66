package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/alecthomas/kong"
)

var flagName = regexp.MustCompile(`--[a-z-]+`)

// settingError names a setting by its environment variable, as operators know it, and never repeats its value.
func settingError(err error) string {
	var parse *kong.ParseError
	if !errors.As(err, &parse) {
		return err.Error()
	}
	text := err.Error()
	if at := strings.Index(text, " but got "); at >= 0 {
		text = text[:at]
	}
	for _, flag := range parse.Context.Flags() {
		if len(flag.Envs) > 0 {
			text = regexp.MustCompile(`--`+flag.Name+`(=[^ ,]*)?(\W|$)`).ReplaceAllString(text, flag.Envs[0]+"$2")
		}
	}
	if flagName.MatchString(text) {
		return fmt.Sprintf("%s (see `storelink --help`)", text)
	}
	return text
}
