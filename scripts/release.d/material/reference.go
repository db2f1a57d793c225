package main

import (
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"wps/cmd"
)

// generatedNote is the first line of each page of the reference.
const generatedNote = "<!-- Generated from the commands by scripts/docs --reference. Do not edit. -->\n\n"

// writeReference writes the reference in Markdown into a folder, and removes pages
// of commands that are no more.
func writeReference(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(dir, "*.md"))
	if err != nil {
		return err
	}
	pages := referencePages()
	for _, path := range old {
		if _, kept := pages[filepath.Base(path)]; !kept {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	for name, text := range pages {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// referencePages returns the pages by the names of their files: one for each command
// of the root, with its subcommands, one for the topics, and the index.
func referencePages() map[string]string {
	all := cmd.HelpPages()
	files := map[string]string{"README.md": referenceIndex(all), "topics.md": topicsPage()}
	for _, p := range all {
		words := strings.Fields(p.Command)
		if len(words) == 1 {
			continue
		}
		name := words[1] + ".md"
		if files[name] == "" {
			files[name] = generatedNote
		} else {
			files[name] += "\n"
		}
		files[name] += commandSection(p, len(words)-1)
	}
	for name := range files {
		files[name] += seeAlso(strings.TrimSuffix(name, ".md"))
	}
	return files
}

// referenceIndex lists all commands, the topics and the common flags.
func referenceIndex(all []cmd.HelpPage) string {
	var b strings.Builder
	b.WriteString(generatedNote + "# Reference\n\nEvery command with its flags, as `--help` prints them. [commands.md](../commands.md) has examples with their output.\n\n" +
		"| command | purpose |\n|---|---|\n")
	for _, p := range all[1:] {
		words := strings.Fields(p.Command)
		link := words[1] + ".md"
		if len(words) > 2 {
			link += "#" + strings.Join(words, "-")
		}
		fmt.Fprintf(&b, "| [`%s`](%s) | %s |\n", p.Command, link, markdown(p.Short))
	}
	b.WriteString("\n## Topics\n\nWhat several commands share; `wps help TOPIC` prints it.\n\n| topic | about |\n|---|---|\n")
	for _, t := range cmd.HelpTopics() {
		if t.Command != flagsTopic {
			fmt.Fprintf(&b, "| [`%s`](topics.md#%s) | %s |\n", t.Command, t.Command, markdown(t.Short))
		}
	}
	b.WriteString("\n## Common flags\n\nEvery command has these. A flag outranks its variable; [settings.md](../settings.md) has the whole order.\n\n")
	writeFlags(&b, all[0].Flags)
	return b.String()
}

// flagsTopic is the topic that the index has as a table.
const flagsTopic = "flags"

// topicsPage has the texts of the topics.
func topicsPage() string {
	var b strings.Builder
	b.WriteString(generatedNote + "# Topics\n\nWhat several commands share, as `wps help TOPIC` prints it.\n")
	for _, t := range cmd.HelpTopics() {
		if t.Command != flagsTopic {
			fmt.Fprintf(&b, "\n## %s\n\n```text\n%s\n```\n", t.Command, strings.Trim(t.Text, "\n"))
		}
	}
	return b.String()
}

// commandSection is one command under a heading of a level from 1.
func commandSection(p cmd.HelpPage, level int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n\n", strings.Repeat("#", level), p.Command)
	about, sections := helpSections(p.Text)
	writeParagraphs(&b, about)
	for _, s := range sections {
		switch s.title {
		case "Usage":
			fmt.Fprintf(&b, "\n```text\n%s\n```\n", s.text)
		case "Examples":
			fmt.Fprintf(&b, "\n**Examples**\n\n```sh\n%s\n```\n", s.text)
		case "Commands":
			b.WriteString("\n| command | purpose |\n|---|---|\n")
			for name, short := range rowsOf(s.text) {
				whole := p.Command + " " + name
				fmt.Fprintf(&b, "| [`%s`](#%s) | %s |\n", whole, strings.ReplaceAll(whole, " ", "-"), markdown(short))
			}
		case "Flags":
			if flags := withoutHelp(p.Flags); len(flags) > 0 {
				b.WriteString("\n**Flags**, beside the [common ones](README.md#common-flags)\n\n")
				writeFlags(&b, flags)
			}
		case "Exit codes":
			b.WriteString("\n**Exit codes**\n\n| code | meaning |\n|---|---|\n")
			for code, meaning := range rowsOf(s.text) {
				fmt.Fprintf(&b, "| %s | %s |\n", code, prose(meaning))
			}
		}
	}
	return b.String()
}

// helpSection is a part of a help below a heading.
type helpSection struct{ title, text string }

// helpSections splits a help into its description and its sections, whose lines are
// no longer indented.
func helpSections(help string) (about string, sections []helpSection) {
	about, rest, _ := strings.Cut(help, "\nUsage:\n")
	current := helpSection{title: "Usage"}
	add := func() {
		current.text = strings.Trim(current.text, "\n")
		sections = append(sections, current)
	}
	for line := range strings.Lines(rest) {
		if text := strings.TrimRight(line, "\n"); heading.MatchString(text) {
			add()
			current = helpSection{title: strings.TrimSuffix(text, ":")}
			continue
		}
		current.text += strings.TrimPrefix(line, "  ")
	}
	add()
	return about, sections
}

// rowsOf returns the first word of each line of a list, and the rest of it, until a
// line that is empty.
func rowsOf(list string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for line := range strings.SplitSeq(list, "\n") {
			word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
			if word == "" || !yield(word, strings.TrimSpace(rest)) {
				return
			}
		}
	}
}

// withoutHelp returns flags without --help, which every command has.
func withoutHelp(flags []cmd.HelpFlag) []cmd.HelpFlag {
	return slices.DeleteFunc(slices.Clone(flags), func(f cmd.HelpFlag) bool { return f.Name == "-h, --help" })
}

// writeFlags writes a table of flags.
func writeFlags(b *strings.Builder, flags []cmd.HelpFlag) {
	b.WriteString("| flag | meaning |\n|---|---|\n")
	for _, f := range flags {
		name := f.Name
		if f.Value != "" {
			name += " " + f.Value
		}
		fmt.Fprintf(b, "| `%s` | %s |\n", strings.ReplaceAll(name, "|", `\|`), prose(f.Usage))
	}
}

// writeParagraphs writes the description of a command; a paragraph with an indented
// line keeps its lines.
func writeParagraphs(b *strings.Builder, text string) {
	for i, paragraph := range strings.Split(strings.Trim(text, "\n"), "\n\n") {
		if i > 0 {
			b.WriteString("\n")
		}
		if strings.HasPrefix(paragraph, " ") || strings.Contains(paragraph, "\n ") {
			fmt.Fprintf(b, "```text\n%s\n```\n", paragraph)
			continue
		}
		b.WriteString(prose(paragraph) + "\n")
	}
}

// markdown returns text without a meaning for Markdown.
func markdown(text string) string {
	return strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "<", `\<`, ">", `\>`, "[", `\[`, "]", `\]`, "|", `\|`, "#", `\#`, "~", `\~`).Replace(text)
}
