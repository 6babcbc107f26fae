//! What is true of every instruction of a kind: what it does, and why that matters.

use crate::dockerfile::Keyword;

use Keyword as K;

/// What an instruction of this kind does, as a sentence.
///
/// ```
/// use dtpl::{dockerfile::Keyword, explain::does};
/// assert_eq!(does(Keyword::Stopsignal), "Sets the signal that asks the program to end.");
/// ```
pub fn does(keyword: Keyword) -> &'static str {
    match keyword {
        K::Add => "Puts files into the image: from the build context, from a URL or from a Git repository.",
        K::Arg => "Declares a variable of the build, which `--build-arg` may set.",
        K::Cmd => {
            "Says what a container runs when it starts, or with which arguments if the image has an ENTRYPOINT."
        }
        K::Copy => "Puts files into the image.",
        K::Entrypoint => "Sets the program that a container starts, if `--entrypoint` names no other.",
        K::Env => "Sets environment variables, for what follows in the stage and in what is made from it.",
        K::Expose => "Documents the ports that the program listens on.",
        K::From => "Starts a stage from a base image.",
        K::Healthcheck => "Sets a command that tells whether the container still works.",
        K::Label => "Writes names and values into the description of the image.",
        K::Maintainer => "Names the author.",
        K::Onbuild => "Stores an instruction that runs when something else is built from this.",
        K::Run => "Runs a command in the image as it is so far, and keeps the files that it changed.",
        K::Shell => "Sets the shell for the commands below that are not written as a JSON array.",
        K::Stopsignal => "Sets the signal that asks the program to end.",
        K::User => "Sets the user for the commands that follow, and for the container.",
        K::Volume => "Marks folders whose content is stored outside the container.",
        K::Workdir => "Sets the folder for what follows, and creates it if it does not exist.",
    }
}

/// Why an instruction of this kind matters, as a sentence or two.
pub fn matters(keyword: Keyword) -> &'static str {
    match keyword {
        K::Add => "COPY does less and is clearer: use it for plain files.",
        K::Arg => {
            "It exists only during the build. The history of the image may show its value: do not use it for a \
             secret."
        }
        K::Cmd => {
            "RUN runs while the image is built, CMD when a container starts. Arguments after the image's \
             name in `docker run` replace it."
        }
        K::Copy => {
            "Only files in the build context can be copied, except those that `.dockerignore` excludes. Copy \
             first what seldom changes: what follows a changed layer in its stage is rebuilt."
        }
        K::Entrypoint => "CMD then gives its arguments, or those after the image's name in `docker run` do.",
        K::Env => "A container keeps them, and `docker run -e` or the device's own variables override them.",
        K::Expose => "People and tools read it to learn the ports.",
        K::From => {
            "What follows builds on it: the operating system, the processor it is for, and the versions of \
             what is installed."
        }
        K::Healthcheck => "A program that hangs is still running: only a check shows that it hangs.",
        K::Label => "Tools read them: who made the image, and from which revision.",
        K::Maintainer => "It is deprecated: write LABEL org.opencontainers.image.authors=... instead.",
        K::Onbuild => "It may surprise people who build from this: the instruction is not in their file.",
        K::Run => {
            "What is installed here is in the image, and need not be downloaded on the device. Files that a \
             later RUN removes still take up space in this layer."
        }
        K::Shell => "With `-o pipefail`, for example, Bash notices a failure in the middle of a pipe.",
        K::Stopsignal => "A program that handles it can clean up before it ends.",
        K::User => "Without it everything runs as root, or as what the base image says.",
        K::Volume => {
            "What is written there is in no layer of the container. `docker run -v` and compose can name a \
             volume without it."
        }
        K::Workdir => "Paths that do not start with `/` are read from here, so the file need not repeat it.",
    }
}
