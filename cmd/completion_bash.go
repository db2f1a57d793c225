package cmd

import (
	"io"

	"github.com/spf13/cobra"
)

// bashFallback defines the functions of the package bash-completion that the script
// of the library uses, where that package is not installed. It works with bash 3.2.
const bashFallback = `# Functions of the package bash-completion, for where it is not installed.
if ! declare -F _get_comp_words_by_ref >/dev/null 2>&1; then
_get_comp_words_by_ref()
{
    # It is called as -n =: cur prev words cword: bash splits words at = and :,
    # which are put together here.
    local line=${COMP_LINE:0:COMP_POINT} blanks word i
    words=()
    cword=-1
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        blanks=${line%%[![:space:]]*}
        line=${line#"$blanks"}
        if ((i == COMP_CWORD)); then
            word=$line
        fi
        line=${line#"$word"}
        if [[ -n $blanks || $cword -lt 0 ]]; then
            cword=$((cword + 1))
            words[cword]=
        fi
        words[cword]=${words[cword]}$word
    done
    cur=${words[cword]}
    prev=
    if ((cword > 0)); then
        prev=${words[cword - 1]}
    fi
}
fi
if ! declare -F _filedir >/dev/null 2>&1; then
_filedir()
{
    local kind=-f name
    if [[ ${1-} == -d ]]; then
        kind=-d
    fi
    while IFS= read -r name; do
        COMPREPLY+=("$name")
    done < <(compgen "$kind" -- "$cur")
}
fi

`

// printBashCompletion writes the completion script for bash.
func printBashCompletion(root *cobra.Command, w io.Writer) error {
	if _, err := io.WriteString(w, bashFallback); err != nil {
		return err
	}
	return root.GenBashCompletionV2(w, true)
}
