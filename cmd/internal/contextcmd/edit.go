package contextcmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/settings"
)

// maxText limits the text of a context, in bytes.
const maxText = 1 << 20

func newEdit(env *cli.Env) *cobra.Command {
	var from string
	c := &cobra.Command{
		Use:   "edit NAME",
		Short: "Edit a context in an editor",
		Long: `Edit a context in $VISUAL or $EDITOR, or else in vi (Windows: notepad). The context
is replaced when the editor ends and the new text has no fault.

The members are endpoint, connectionString or connectionStringCommand, and hub,
credential, clientId, tenantId, envFile, functionsSettings, caFile, output, roles.`,
		Example:           "  wps context edit prod\n  VISUAL='code --wait' wps context edit prod\n  wps context edit prod --file prod.yaml",
		Annotations:       exits(),
		Args:              cli.ExactArgs("NAME"),
		ValidArgsFunction: completeNames(env, 1),
		RunE: func(c *cobra.Command, args []string) error {
			return edit(c.Context(), env, args[0], from)
		},
	}
	c.Flags().StringVar(&from, "file", "", "replace the context by this `file`")
	return c
}

func edit(ctx context.Context, env *cli.Env, name, from string) error {
	store := env.Settings.Store()
	path, err := store.Path(name)
	if err != nil {
		return cli.SettingError(err)
	}
	done, err := replaceFrom(store, name, from)
	if from == "" {
		done, err = editDraft(ctx, env, store, name, path)
	}
	if err != nil || !done {
		return err
	}
	return reportChange(env, name, path)
}

func reportChange(env *cli.Env, name, path string) error {
	return report(env, changed{Context: name, File: path}, fmt.Sprintf("changed context %q", name))
}

// replaceFrom replaces a context by a file, if one is given.
func replaceFrom(store *settings.Store, name, from string) (replaced bool, err error) {
	if from == "" {
		return false, nil
	}
	text, err := readText(from)
	if err == nil {
		err = cli.SettingError(store.Replace(name, text))
	}
	return err == nil, err
}

// editDraft lets the user edit a copy of a context, and replaces it by that.
func editDraft(ctx context.Context, env *cli.Env, store *settings.Store, name, path string) (replaced bool, err error) {
	draft, err := makeDraft(path)
	if err != nil {
		return false, err
	}
	before, err := readText(draft)
	if err == nil {
		err = runEditor(ctx, env, draft)
	}
	if err != nil {
		return false, cli.JoinErrors(err, os.Remove(draft))
	}
	text, err := readText(draft)
	if err != nil {
		return false, err
	}
	if string(text) == string(before) {
		env.Out.Say("nothing was changed")
		return false, os.Remove(draft)
	}
	if err := store.Replace(name, text); err != nil {
		return false, keptDraft(err, name, draft)
	}
	return true, os.Remove(draft)
}

// keptDraft returns the error of a text with a fault, which is not thrown away.
func keptDraft(err error, name, draft string) error {
	hint := "your text is in " + draft + ": correct it and run wps context edit " + name + " --file " + cli.ShellWord(draft)
	if wrong, ok := errors.AsType[*settings.Error](err); ok {
		return cli.Usage(wrong.Error(), hint)
	}
	return cli.WithHint(err, hint)
}

func readText(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxText {
		return nil, cli.Usagef("%s is larger than 1 MiB", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, cli.Usage(fmt.Sprintf("read the context: %v", err), "--file must name a readable file")
	}
	return text, nil
}

// makeDraft copies a context into a file that only its owner can read.
func makeDraft(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read the context: %w", err)
	}
	f, err := os.CreateTemp("", "wps-context-*.yaml")
	if err != nil {
		return "", fmt.Errorf("copy the context: %w", err)
	}
	_, err = f.Write(text)
	if err := cli.JoinErrors(err, f.Close()); err != nil {
		return "", fmt.Errorf("copy the context: %w", err)
	}
	return f.Name(), nil
}

// runEditor runs the user's editor, which may be a command with arguments.
func runEditor(ctx context.Context, env *cli.Env, path string) error {
	editor := ""
	for _, name := range []string{"VISUAL", "EDITOR"} {
		if text, _ := env.Settings.LookupEnv(name); text != "" && editor == "" {
			editor = text
		}
	}
	command := exec.CommandContext(ctx, "sh", "-c", editor+` "$1"`, "sh", path)
	switch {
	case runtime.GOOS == "windows" && editor == "":
		command = exec.CommandContext(ctx, "notepad", path)
	case runtime.GOOS == "windows":
		command = exec.CommandContext(ctx, "cmd", "/C", editor, path)
	case editor == "":
		command = exec.CommandContext(ctx, "vi", path)
	}
	command.Stdin, command.Stdout, command.Stderr = env.Stdin, env.Out.Stdout, env.Out.Stderr.Stream()
	if err := command.Run(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return cli.WithHint(fmt.Errorf("the editor failed, nothing was changed: %v", err), "set VISUAL or EDITOR to a program that edits a file and ends when it is closed")
	}
	return nil
}
