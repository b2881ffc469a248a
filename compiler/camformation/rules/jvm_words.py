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
GONE = {
    "-d32": "Java 21 runs with 64 bits",
    "-d64": "Java 21 always runs with 64 bits",
    "-Xincgc": "Java 21 has no incremental collector",
    "-Xprof": "Java 21 has no such profiler",
}
FOLDERS = ("-Djava.ext.dirs=", "-Djava.endorsed.dirs=", "-Xbootclasspath/p:", "-Xbootclasspath:")
EXPERIMENTAL = {
    *("G1NewSizePercent", "G1MaxNewSizePercent", "G1MixedGCLiveThresholdPercent"),
    *("G1OldCSetRegionThresholdPercent", "UseEpsilonGC", "EnableJVMCI", "UseJVMCICompiler"),
}
DIAGNOSTIC = {
    *(
        "DebugNonSafepoints",
        "PrintAssembly",
        "PrintInlining",
        "LogCompilation",
        "PrintNMTStatistics",
    ),
    *(
        "GuaranteedSafepointInterval",
        "AbortVMOnSafepointTimeout",
        "VerifyBeforeGC",
        "VerifyAfterGC",
    ),
    *("WhiteBoxAPI", "LogVMOutput", "G1SummarizeRSetStatsPeriod"),
}
NUMBERS = {
    *("ActiveProcessorCount", "CICompilerCount", "ConcGCThreads", "ParallelGCThreads", "NewRatio"),
    *("G1HeapWastePercent", "G1MixedGCCountTarget", "G1MixedGCLiveThresholdPercent"),
    *("G1NewSizePercent", "G1MaxNewSizePercent", "G1ReservePercent", "GCTimeRatio"),
    *("InitiatingHeapOccupancyPercent", "MaxGCPauseMillis", "GCPauseIntervalMillis"),
    *("MaxTenuringThreshold", "MaxHeapFreeRatio", "MinHeapFreeRatio", "SurvivorRatio"),
    *("CompressedClassSpaceSize", "G1HeapRegionSize", "InitialCodeCacheSize", "MetaspaceSize"),
    *("MaxMetaspaceSize", "MaxNewSize", "NewSize", "ReservedCodeCacheSize", "SoftMaxHeapSize"),
    *("ThreadStackSize", "StringTableSize"),
}
JMX = "com.sun.management.jmxremote"
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
    if word in OF_PROGRAM and (only or word.lstrip("-") in ("jar", "m", "module")):
        return (
            f"{word} is for the program that starts Java, not an option in {variable}",
            f"remove {word}" + (f" {after[:40]}" if word == "-jar" else ""),
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
    return _value(word)


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


def locked(option: str, given: list[str]) -> str | None:
    """Return the option that has to be given first for another."""
    for table, kind in ((EXPERIMENTAL, "Experimental"), (DIAGNOSTIC, "Diagnostic")):
        unlock = f"-XX:+Unlock{kind}VMOptions"
        if option in table and unlock not in given:
            return unlock
    return None


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


def _value(word: str) -> tuple[str, str] | None:
    """Return why the value of an option is none."""
    if found := re.fullmatch(r"-XX:([A-Za-z]\w*)=(true|false)", word):
        sign = "+" if found[2] == "true" else "-"
        return (
            f"the JVM does not start with {word[:60]}: a switch has no value",
            f"write -XX:{sign}{found[1]}",
        )
    if found := re.fullmatch(r"-XX:([+-][A-Za-z]\w*)=.*", word):
        return (
            f"the JVM does not start with {word[:60]}: it has both a sign and a value",
            f"write -XX:{found[1]}, or -XX:{found[1][1:]}=… for a number",
        )
    found = re.fullmatch(r"-XX:(\w+)=(.*)", word)
    if found and found[1] in NUMBERS and not re.fullmatch(r"-?\d+[kKmMgGtT]?", found[2]):
        size = found[1].endswith("Size")
        digits = re.match(r"\d+[kKmMgGtT]?" if size else r"\d+", found[2])
        return (
            f"the JVM does not start with {word[:60]}: {found[1]} is a "
            + ("size such as 256m" if size else "whole number"),
            f"write -XX:{found[1]}={digits[0]}" if digits else "write a whole number",
        )
    return None
