// Command patterns answers what BuildKit's pattern matcher makes of patterns and paths.
//
// It reads one JSON object a line, {"pattern": "a/*", "paths": ["a/b"]}, and writes one a line: {"refused": "why"}, or
// {"takes": [true]}, whether the pattern matches each path or a directory above it.
package main

import (
	"bufio"
	"encoding/json"
	"log"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/moby/patternmatcher"
)

type question struct {
	Pattern string   `json:"pattern"`
	Paths   []string `json:"paths"`
}

type answer struct {
	Refused string `json:"refused,omitempty"`
	Takes   []bool `json:"takes,omitempty"`
}

func main() {
	questions := json.NewDecoder(bufio.NewReader(os.Stdin))
	out := bufio.NewWriter(os.Stdout)
	answers := json.NewEncoder(out)
	for questions.More() {
		var q question
		if err := questions.Decode(&q); err != nil {
			log.Fatal(err)
		}
		if err := answers.Encode(ask(q)); err != nil {
			log.Fatal(err)
		}
	}
	if err := out.Flush(); err != nil {
		log.Fatal(err)
	}
}

func ask(q question) answer {
	// As BuildKit reads ignore files: the leading slash goes once the pattern is clean.
	pattern := filepath.Clean(strings.TrimSpace(q.Pattern))
	if len(pattern) > 1 {
		pattern = strings.TrimPrefix(pattern, "/")
	}
	// The matcher stops reading a pattern where its beginning does not match; path.Match reads it to its end.
	if _, err := path.Match(pattern, ""); err != nil {
		return answer{Refused: err.Error()}
	}
	matcher, err := patternmatcher.New([]string{pattern})
	if err != nil {
		return answer{Refused: err.Error()}
	}
	// What cannot be compiled is found with the first path.
	if _, err := matcher.MatchesOrParentMatches("x"); err != nil {
		return answer{Refused: err.Error()}
	}
	a := answer{Takes: make([]bool, 0, len(q.Paths))}
	for _, p := range q.Paths {
		takes, err := matcher.MatchesOrParentMatches(p)
		if err != nil {
			return answer{Refused: err.Error()}
		}
		a.Takes = append(a.Takes, takes)
	}
	return a
}
