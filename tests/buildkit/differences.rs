//! Where dtpl and the engine are known to differ, each with the reason; docs/compatibility.md lists them for
//! users. Any other difference fails the test.

/// Which of the two refuses a Dockerfile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refuses {
    /// Only the engine.
    Engine,
    /// Only dtpl.
    Dtpl,
    /// Both, but because of different instructions.
    Elsewhere,
}

/// A difference.
pub struct Difference {
    pub refuses: Refuses,
    /// A part of what is said by the one that refuses.
    pub says: &'static str,
    /// The check of the engine that complains about the same line.
    pub check: Option<&'static str>,
    pub why: &'static str,
}

pub const DIFFERENCES: &[Difference] = &[
    Difference {
        refuses: Refuses::Engine,
        says: "invalid mount target \"/\"",
        check: None,
        why: "a mount without a target is at the working directory, which a base image may set; the stand-ins set none",
    },
    Difference {
        refuses: Refuses::Engine,
        says: "",
        check: Some("UndefinedVar"),
        why: "a variable that nothing in the file sets may be one of the base image; the stand-ins set none",
    },
    Difference {
        refuses: Refuses::Dtpl,
        says: "a NUL byte",
        check: None,
        why: "no shell and no file name can have one",
    },
    Difference {
        refuses: Refuses::Engine,
        says: "unexpected query",
        check: None,
        why: "newer frontends know more queries of a Git repository",
    },
];

/// Which of the two reports a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reports {
    /// Only the engine.
    Engine,
    /// Only dtpl.
    Dtpl,
}

/// The instruction at which a check is reported.
pub struct Instruction {
    pub text: String,
    /// The stage is built on an image, be it by way of other stages.
    pub is_on_image: bool,
    /// Its stage is not built, and is built on one of the file that has an `ONBUILD`.
    pub lacks_triggers: bool,
    /// It has a variable whose value is not known: one that the base image may set, or an `ARG` without a value.
    pub has_unknown: bool,
}

/// Checks of the engine that one of the two reports at some instructions, and the other does not.
pub struct CheckDifference {
    pub reports: Reports,
    pub checks: &'static [&'static str],
    pub at: fn(&Instruction) -> bool,
    pub why: &'static str,
}

pub const CHECK_DIFFERENCES: &[CheckDifference] = &[
    CheckDifference {
        reports: Reports::Engine,
        checks: &["UndefinedVar"],
        at: |instruction| instruction.is_on_image && !instruction.text.contains("TARGET"),
        why: "the base image may set the variable",
    },
    CheckDifference {
        reports: Reports::Engine,
        checks: &["UndefinedVar"],
        at: |instruction| instruction.lacks_triggers,
        why: "what an ONBUILD triggers sets the variable, if the stage is built",
    },
    CheckDifference {
        reports: Reports::Engine,
        checks: &["WorkdirRelativePath", "SecretsUsedInArgOrEnv", "ExposeInvalidFormat", "ExposeProtoCasing"],
        at: |instruction| instruction.has_unknown,
        why: "the base image may set the variable, or the build give a value to an ARG without one",
    },
    CheckDifference {
        reports: Reports::Engine,
        checks: &["SecretsUsedInArgOrEnv"],
        at: |instruction| ["_FILE", "_VERSION"].iter().any(|end| instruction.text.contains(end)),
        why: "it is not the secret, but where it is, or its version; newer frontends say nothing",
    },
    CheckDifference {
        reports: Reports::Engine,
        checks: &["RedundantTargetPlatform"],
        at: |instruction| {
            ["TARGETPLATFORM%", "TARGETPLATFORM#", "TARGETPLATFORM/"]
                .iter()
                .any(|part| instruction.text.contains(part))
        },
        why: "whether the change leaves the value as it is, depends on the device",
    },
    CheckDifference {
        reports: Reports::Dtpl,
        checks: &["InvalidBaseImagePlatform"],
        at: |_| true,
        why: "the stand-ins are there for every platform",
    },
];
