"""Options that a JVM refuses as they are written, or where they are written.

Sources: The java command (Extra options, Advanced options, Removed Java options); JVM TI, The
JAVA_TOOL_OPTIONS Environment Variable; JNI, JNI_CreateJavaVM; OpenJDK, globals.hpp and
arguments.cpp.
"""

import re

OF_LAUNCHER = {  # with their value in the next word, or without one
    *("--add-opens", "--add-exports", "--add-modules", "--add-reads", "--limit-modules"),
    *("--patch-module", "--upgrade-module-path", "--module-path"),
}
OF_PROGRAM = {
    *("-jar", "-cp", "-classpath", "--class-path", "-p", "-m", "--module"),
    *("-version", "--version", "-help", "--help", "-h", "-?"),
}
OF_PATHS = ("-cp", "-classpath", "--class-path", "-p")
GONE = {
    "-d32": "Java 21 runs with 64 bits",
    "-d64": "Java 21 always runs with 64 bits",
    "-Xincgc": "Java 21 has no incremental collector",
}
FOLDERS = ("-Djava.ext.dirs=", "-Djava.endorsed.dirs=", "-Xbootclasspath/p:", "-Xbootclasspath:")
JMX = "com.sun.management.jmxremote"
_VM = (
    r"-D.*|-XX:.*|-Xm[xsn].+|-Xss.*|-X(?:int|comp|mixed|batch|rs|noclassgc|debug|noagent|prof"
    r"|internalversion)|-Xcheck:jni|-Xshare:(?:auto|on|off|dump)|-Xverify(?::(?:none|remote|all))?"
    r"|-Xlog(?:gc:.+|:.*)?|-Xrun.+|-Xmaxjitcodesize\d.*|-Xbootclasspath/a:.+|-verbose.*"
    r"|-(?:ea|da|enableassertions|disableassertions)(?::.*)?"
    r"|-(?:esa|dsa|enablesystemassertions|disablesystemassertions)|-(?:agentlib|agentpath|javaagent):.+"
    r"|--(?:add-(?:opens|exports|modules|reads)|limit-modules|module-path|patch-module"
    r"|upgrade-module-path|enable-native-access|illegal-access|finalization)=.*|--enable-preview"
)
_PROGRAM = (
    r"-(?:server|client|showversion|noverify|debug|Xfuture|Xdiag|splash:.*)|-XshowSettings(?::.*)?"
    r"|--(?:list-modules|validate-modules|show-module-resolution|disable-@files|show-version)"
    r"|--(?:class-path|describe-module)=.*|@.*"
)
LEAST_STACK = 136  # KiB, of a thread (OpenJDK, os_linux_x86.cpp)
_KIB = {"": 2**-10, "k": 1, "m": 2**10, "g": 2**20}


def refused(word: str, after: str, variable: str) -> tuple[str, str] | None:
    """Return why a JVM does not start with a word of a variable, and what to do; `after` is the
    next word."""
    only = variable in ("JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS")
    if word in OF_LAUNCHER and only:
        return (
            f"{variable} has no options in two words: the JVM does not start with {word}",
            f"write {word}={after[:80]}",
        )
    if word in OF_PROGRAM and (only or word not in OF_PATHS):
        return (
            f"{word} is for the program that starts Java, not an option in {variable}",
            f"remove {word}" + (f" {after[:40]}" if word == "-jar" else ""),
        )
    if re.match(r"-(?:javaagent|agentpath):https?://", word):
        return (
            f"the JVM does not start with {word[:60]}: it loads agents from files alone",
            "let an init container fetch it into a volume, and name the file there",
        )
    if word in GONE:
        return f"the JVM does not start with {word}: {GONE[word]}", f"remove {word}"
    if word.startswith(FOLDERS):
        name = re.split("[=:]", word)[0]
        return (
            f"the JVM does not start with {name}: Java 21 has no such folders",
            f"remove {name}",
        )
    if size := re.fullmatch(r"(?:-Xss|-XX:ThreadStackSize=)(.*)", word):
        return _stack(word, size[1])
    if word.startswith(("-", "@")) and not re.fullmatch(_VM, word, re.S):
        of_program = word in OF_LAUNCHER | OF_PROGRAM or re.fullmatch(_PROGRAM, word, re.S)
        if only and of_program:
            return f"{variable} has no options of the java command, such as {word}", "remove it"
        if not of_program:
            meant = f"-X{word[2:60]}"
            return (
                f"the JVM does not start with {word[:60]}: it has no such option",
                f"write {meant}"
                if re.fullmatch(_VM, meant, re.S)
                else "remove it, or put the whole value in quotes that it is a part of",
            )
    return None


def unguarded(words: list[str]) -> bool:
    """Return whether JMX is open to others with passwords, but has no file of these."""
    given = dict(word[2:].partition("=")[::2] for word in words if word.startswith(f"-D{JMX}"))
    files = ("password.file", "config.file", "login.config")
    return (
        given.get(f"{JMX}.port", "0") != "0"
        and given.get(f"{JMX}.authenticate", "true").lower() != "false"
        and not any(f"{JMX}.{name}" in given for name in files)
        and not any(word.startswith("-Dcom.sun.management.config.file=") for word in words)
    )


def _stack(word: str, size: str) -> tuple[str, str] | None:
    found = re.fullmatch(r"(\d{1,12})([kKmMgG]?)", size)
    unit = "k" if word.startswith("-XX") and found and not found[2] else ""
    if found and int(found[1]) * _KIB[unit or found[2].lower()] >= LEAST_STACK:
        return None
    example = f"{found[1]}k" if found and int(found[1]) >= LEAST_STACK else "512k"
    return (
        f"the JVM does not start with {word[:40]}: a thread's stack has at least {LEAST_STACK}k",
        f"write -Xss{example}",
    )
