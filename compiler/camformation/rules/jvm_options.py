"""The rule for options that keep a JVM from starting."""

import re
from collections.abc import Iterator

from camformation.deployment import Deployment
from camformation.diagnostics import Severity
from camformation.rules import jvm, jvm_flags, jvm_words
from camformation.rules.files import OFFICIAL
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import Settings, broker_settings, connectors_settings

COLLECTORS = r"\+Use(Serial|Parallel|G1|Z|Shenandoah|Epsilon)GC"
TWO_WORDS = {*jvm_words.OF_LAUNCHER, *jvm_words.OF_PATHS, "-jar", "-m", "--module"}
DEBUGGERS = ("-agentlib:jdwp=", "-Xrunjdwp:")
_SHARE = r"-XX:(MaxRAMPercentage)=(0?\.\d{1,9}|1(?:\.0{1,9})?)"


@rule("CAM245", "Option that keeps the JVM from starting")
def options(d: Deployment) -> Iterator[Violation]:
    """A JVM ends at once with an option that it does not know. Camunda's images have Java 21, which
    has neither the collector CMS nor the old options for printing garbage collections (`-Xlog:gc`
    replaces them). Other options that end it: one that does not begin with a hyphen, as after a
    copied dash; a switch without `+` or `-`, `-XX:UseG1GC`, or with a value; a number with a unit,
    `-XX:MaxGCPauseMillis=200ms`, or beyond its bounds; quotes that are not closed; a stack of less
    than 136 KiB, as `-Xss512` is; an experimental or diagnostic option without the one that unlocks
    it; two collectors. `JAVA_TOOL_OPTIONS` has neither options in two words nor those of the `java`
    command, such as `-jar`. With `-XX:+IgnoreUnrecognizedVMOptions` a JVM ignores unknown options.
    A JVM that waits for a debugger, with `suspend=y` or without `suspend`, does not start the
    application either; nor does one that opens JMX with `jmxremote.port`, but has no file with
    passwords. A share of the memory of 1 % or less is a warning: `MaxRAMPercentage` is in per cent.

    Options that Java 21 does not know are only found with Camunda's own images: another image may
    have a newer Java.

    Source: The java command (Removed Java options, Advanced options); JVM TI, JAVA_TOOL_OPTIONS;
    JEP 158, 271, 363; Java Platform Debugger Architecture, Connection and Invocation Details
    (suspend); docker-library/tomcat issue 307; strimzi/strimzi-kafka-operator issue 9947;
    apache/pulsar issue 21209; adoptium/containers issue 97.
    """
    yield from _of(broker_settings(d), d.orchestration.image)
    if d.connectors.enabled:
        yield from _of(connectors_settings(d), d.connectors.image)


def _of(settings: Settings, image: str) -> Iterator[Violation]:
    official = re.fullmatch(OFFICIAL, image) is not None
    given = {name: jvm.words(settings.environment.get(name, "")) for name in jvm.OPTIONS}
    everything = [word for words in given.values() for word in words]
    lenient = "-XX:+IgnoreUnrecognizedVMOptions" in everything
    collectors = sorted(
        {f[1] for word in everything if (f := re.fullmatch(f"-XX:{COLLECTORS}", word))}
    )
    passed: list[str] = []
    said = False
    remote = next(
        (n for n, w in given.items() if any(f"{jvm_words.JMX}.port=" in x for x in w)), None
    )
    if remote and jvm_words.unguarded(everything):
        yield Violation(
            (*settings.section, "environment", remote),
            f"the JVM does not start with {jvm_words.JMX}.port: it has no file with passwords",
            f"add -D{jvm_words.JMX}.authenticate=false, or set {jvm_words.JMX}.password.file",
        )
    for name, words in given.items():
        path = (*settings.section, "environment", name)
        if quote := jvm.open_quote(settings.environment.get(name, "")):
            yield Violation(
                path,
                f"the JVM does not start: a quote ({quote}) in {name} is not closed",
                "close it, or remove it: a backslash before a quote does not escape it",
            )
            continue
        wrong = bool(jvm.memory([settings.environment.get(name, "")]).wrong)  # CAM195
        before = ""
        for word, after in zip(words, [*words, ""][1:], strict=True):
            if lenient and word.startswith("-XX:"):
                pass
            elif before != "-jar" and (problem := jvm_words.refused(word, after, name)):
                yield Violation(path, *problem)
            elif not word.startswith(("-", "@")):
                if not wrong and before not in TWO_WORDS:
                    dash = word[:1] in "\u2010\u2011\u2012\u2013\u2014\u2212"
                    yield Violation(
                        path,
                        f"the JVM does not start with {word[:40]!r}: it is not an option",
                        f"write -{word.lstrip(word[0])[:40]}, with a plain hyphen"
                        if dash
                        else "an option begins with a hyphen; put values with blanks in quotes",
                    )
            elif word.startswith("-XX:") and (
                problem := jvm_flags.refused(word, passed, known=official)
            ):
                yield Violation(path, *problem)
            elif share := re.fullmatch(_SHARE, word):
                yield Violation(
                    path,
                    f"{share[1]} is in per cent: {share[2]} % of the memory is hardly a heap",
                    f"write -XX:{share[1]}={float(share[2]) * 100:g}",
                    Severity.WARNING,
                )
            elif len(collectors) > 1 and not said and re.fullmatch(f"-XX:{COLLECTORS}", word):
                said = True
                yield Violation(
                    path,
                    f"the JVM does not start with two collectors: {' and '.join(collectors)}",
                    f"keep one of them, such as -XX:+Use{collectors[0]}GC",
                )
            elif word.startswith(DEBUGGERS) and "suspend=n" not in word and "server=y" in word:
                yield Violation(
                    path,
                    "the JVM waits for a debugger before it starts the application",
                    "add suspend=n: its default is y",
                )
            before = word
            passed.append(word)
