package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"wps/cmd"
)

// writeManual writes a manual page for each command into a folder, such as
// wps-group-join.1.
func writeManual(dir, version string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	pages := cmd.HelpPages()
	for _, p := range pages {
		file := filepath.Join(dir, manName(p.Command)+".1")
		if err := os.WriteFile(file, []byte(manPage(p, pages, version)), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// manName is the name of a command's page.
func manName(command string) string { return strings.ReplaceAll(command, " ", "-") }

// heading is the line above a section of help.
var heading = regexp.MustCompile(`^[A-Z][A-Za-z ]+:$`)

// manPage returns a page in the man macros of roff.
func manPage(p cmd.HelpPage, all []cmd.HelpPage, version string) string {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %s 1 \"\" \"%s\" \"wps manual\"\n", strings.ToUpper(manName(p.Command)), roff("wps "+version))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n.SH DESCRIPTION\n", roff(manName(p.Command)), roff(p.Short))
	about, sections, _ := strings.Cut(p.Text, "\nUsage:\n")
	writeText(&b, about)
	title, lines := "Usage:", []string{}
	flush := func() {
		fmt.Fprintf(&b, ".SH %s\n", strings.ToUpper(strings.TrimSuffix(title, ":")))
		writeLiteral(&b, strings.Trim(strings.Join(lines, "\n"), "\n"))
		lines = nil
	}
	for line := range strings.Lines(sections) {
		line = strings.TrimRight(line, "\n")
		if heading.MatchString(line) {
			flush()
			title = line
			continue
		}
		lines = append(lines, line)
	}
	flush()
	if related := related(p.Command, all); len(related) > 0 {
		fmt.Fprintf(&b, ".SH SEE ALSO\n%s\n", strings.Join(related, ",\n"))
	}
	return b.String()
}

// related returns the pages above and below a command.
func related(command string, all []cmd.HelpPage) (links []string) {
	for _, p := range all {
		above := strings.HasPrefix(command, p.Command+" ")
		below := strings.HasPrefix(p.Command, command+" ") && !strings.Contains(p.Command[len(command)+1:], " ")
		if above || below {
			links = append(links, fmt.Sprintf(".BR %s (1)", roff(manName(p.Command))))
		}
	}
	return links
}

// writeText writes paragraphs; one with an indented line keeps its lines.
func writeText(b *strings.Builder, text string) {
	for paragraph := range strings.SplitSeq(strings.Trim(text, "\n"), "\n\n") {
		b.WriteString(".PP\n")
		if strings.HasPrefix(paragraph, " ") || strings.Contains(paragraph, "\n ") {
			writeLiteral(b, paragraph)
			continue
		}
		for line := range strings.SplitSeq(paragraph, "\n") {
			b.WriteString(roff(line) + "\n")
		}
	}
}

// writeLiteral writes lines that are neither filled nor joined.
func writeLiteral(b *strings.Builder, text string) {
	b.WriteString(".nf\n")
	for line := range strings.SplitSeq(text, "\n") {
		b.WriteString(roff(line) + "\n")
	}
	b.WriteString(".fi\n")
}

// roff returns text without a meaning for roff.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	return text
}
