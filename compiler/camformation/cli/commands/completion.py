"""`camformation completion` prints the shell completion script."""

import click

BASH = """\
_camformation_completion() {
    local line=${COMP_LINE:0:COMP_POINT} words last="" before="" count response type value
    IFS=$' \\t' read -ra words <<< "$line"
    count=${#words[@]}
    if [[ $line != *[[:space:]] ]]; then
        count=$((count - 1))
        last=${words[count]}
    fi
    [[ $last == *=* && $COMP_WORDBREAKS == *=* ]] && before=${last%=*}=
    response=$(COMP_WORDS=$line COMP_CWORD=$count _CAMFORMATION_COMPLETE=bash_complete "$1")
    while IFS=, read -r type value; do
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) COMPREPLY+=("${value#"$before"}") ;;
        esac
    done <<< "$response"
    [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[.=] ]] && compopt -o nospace
    return 0
}

complete -o nosort -F _camformation_completion camformation
"""
"""Words are split only at spaces: bash itself also splits `--set PATH=VALUE` at the equals sign,
and then completes only the part after it."""

BEGUN = 'if [[ $key == *[.=] ]]; then begun+=("$key"); else {}; fi'
OFFER = """\
    if [ -n "$begun" ]; then
        compadd -U -S '' -V unsorted -a begun
    fi

"""


def _zsh(script: str) -> str:
    """Return click's script for zsh, without a space after values that can be continued."""
    for line in (
        'completions+=("$key")',
        'completions_with_descriptions+=("$key":"$descr")',
    ):
        script = script.replace(line, BEGUN.format(line))
    script = script.replace("    local -a response\n", "    local -a response begun\n")
    return script.replace('    if [ -n "$completions" ]', OFFER + '    if [ -n "$completions" ]')


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.option(
    "--install", is_flag=True, help="Write the script, and load it in the shell's start-up file."
)
def command(shell: str, install: bool) -> None:
    """Print the shell completion script, or install it.

    Without --install, for bash: `eval "$(camformation completion bash)"` in ~/.bashrc; zsh likewise
    in ~/.zshrc. For fish: `camformation completion fish | source` in ~/.config/fish/config.fish.
    """
    script = _script(shell)
    if not install:
        click.echo(script, nl=False)
        return
    from camformation.cli.completion_files import install as write

    for path in write(shell, script):
        click.echo(f"wrote {path}")
    click.echo(f"start a new {shell} to use it")


def _script(shell: str) -> str:
    if shell == "bash":
        return BASH
    from click.shell_completion import get_completion_class

    from camformation.cli.main import root

    kind = get_completion_class(shell)
    assert kind is not None  # the choices are click's own
    script = kind(root, {}, "camformation", "_CAMFORMATION_COMPLETE").source() + "\n"
    return _zsh(script) if shell == "zsh" else script
