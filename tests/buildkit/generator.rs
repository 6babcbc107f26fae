//! Dockerfiles made by chance from a number: stages, arguments, mounts, flags, directives, with odd values.

use std::fmt::Write;

/// Numbers by chance, the same for the same seed.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap() % limit
    }

    /// One of a list that begins with as many ordinary values; now and then another one.
    fn of<'a>(&mut self, (ordinary, list): Values<'a>) -> &'a str {
        let among = if self.below(25) == 0 { list.len() } else { ordinary };
        list[self.below(among)]
    }
}

/// How many of the values are ordinary, and all.
type Values<'a> = (usize, &'a [&'a str]);

const IMAGES: Values = (7, &[
    "alpine:3.22", "debian:12-slim", "python:3.13", "node:24", "scratch", "alpine", "${BASE:-alpine}",
    "$BASE", "${BASE}:3.22", "Alpine:3", "alpine:", "alpine:$TAG", "${NONE}", "alpine@sha256:1", "a b",
    "a:b:c", "docker.io/library/x:1", "-x", "${BASE",
]);
const HEADS: Values = (3, &[
    "", "", "# comment\n", "\n", "# escape=`\n", "# escape=\\\n", "# check=skip=all\n", "# escape=x\n",
    "# escape=`\n# escape=`\n", "# check=skip=StageNameCasing\n", "#escape = `\n\n",
]);
const META: Values = (4, &[
    "ARG BASE=alpine\n", "ARG TAG=3.22\n", "ARG BASE=alpine TAG=3\n", "ARG NONE\n", "ARG TAG=${BASE}x\n",
    "ARG BASE=${BASE:?no}\n", "ARG\n", "ARG =x\n", "ENV A=1\n", "ARG X=\"a b\" Y='$X'\n", "ARG Z=${X%b}\n",
    "ARG Z=${X\n",
]);
const NAMES: Values = (2, &[
    "", " AS one", " AS two", " AS Three", " AS 4", " AS a_b-c.d", " AS", " AS scratch", " FOR x",
    " AS one two", " as x$y",
]);
const PLATFORMS: Values = (3, &[
    "", "", "", "--platform=linux/arm64 ", "--platform=$BUILDPLATFORM ", "--platform=$TARGETPLATFORM ",
    "--platform=linux/arm/v7 ", "--platform=foo ", "--platform=$NONE ", "--platform= ", "--pull=always ",
    "--platform=linux/amd64/v9/x ", "--platform=linux ", "--platform=windows/amd64 ",
]);
const MOUNT_TYPES: Values = (3, &[
    "type=bind", "type=cache", "type=tmpfs", "type=secret", "type=ssh", "type=foo", "type=$K", "TYPE=Cache", "type=", "",
]);
const MOUNT_TARGETS: Values = (3, &[
    "target=/x", "dst=/y", "destination=/z", "target=rel", "target=/", "target=..", "target=$T", "target=", "target=//",
    "target='/q'", "id=s",
]);
const MOUNT_FIELDS: Values = (3, &[
    "source=/s", "ro", "readonly=true", "src=../s", "from=one", "from=alpine:3.22", "from=$F", "from=0", "from=", "id=a",
    "id=$K", "sharing=locked", "sharing=Shared", "sharing=lockd", "required", "required=true", "required=x", "mode=0755",
    "mode=9", "uid=1", "uid=-1", "gid=x", "size=1g", "size=1x", "env=E", "env=", "ro=1", "rw=no", "rw=0", "readonly=false",
    "readwrite", "foo", "frm=b", "", "\\\"id=q\\\"", "id=\\\"q", "source=", "ID=a", "mode=0", "sharing=",
]);
const RUN_FLAGS: Values = (2, &[
    "--network=none", "--network=host", "--network=wifi", "--network=", "--security=insecure",
    "--security=x", "--device=gpu", "--device=", "--foo", "--mount", "--network=$N",
    "--network=none --network=none",
]);
const COMMANDS: Values = (4, &[
    "true", "[\"true\"]", "[\"true\"", "<<E\ntrue\nE", "<< E\ntrue\nE", "<<E", "<<-E\n\ttrue\n\tE",
    "echo \\\n  x", "echo \\\n\n  x", "[]", "", "echo `", "echo $X ${Y", "cat <<A <<B\na\nA\nb\nB",
]);
const COPY_FLAGS: Values = (4, &[
    "", "", "", "--chmod=755", "--chmod=999", "--chmod=u+x", "--chmod=u+q", "--chmod=$M", "--chmod=07777",
    "--chmod=17777", "--chmod=", "--chmod", "--chown=1:1", "--chown=$U", "--chown=${U", "--link",
    "--link=true", "--link=maybe", "--link --link", "--parents", "--exclude=*.md", "--exclude",
    "--exclude=a --exclude=b", "--from=one", "--from=0", "--from=alpine:3.22", "--from=$F", "--from=9",
    "--from=", "--checksum=abc", "--keep-git-dir", "--unpack", "--unpack=false",
    "--checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d",
    "--checksum=md5:1", "--checksum=$C", "--foo=x",
]);
const COPIES: Values = (3, &[
    "a b", "a b c/", "a", "", "[\"a\", \"b\"]", "[\"a\"]", "$S b", "a $D", "<<E /e\nx\nE", "a <<E\nx\nE",
    "'a' \"b\"", "a \"b", "http://x/y z", "https://x/y.git z", "git@x:y.git z", "http://x/y http://x/z w/",
    "ftp://x/y z",
]);
const PORTS: Values = (5, &[
    "80", "80/tcp", "443/UDP", "53/udp", "80-90", "90-80", "65536", "x", "80/foo", "$P", "${P:-80}",
    "80:80", "1.2.3.4:1:2", "1.2.3:1:2", ":80", "80:", "/tcp", "+80", "-1", "\"80\"", "\"80", "'80'", "80/",
    "[::1]:80:80", "80-82:90", "80:90-92", "080", "80,90",
]);
const SIGNALS: Values = (3, &[
    "SIGTERM", "term", "9", "0", "-1", "SIGFOO", "RTMIN+3", "RTMIN+30", "$G", "SIG$G", "\"KILL\"", "9 9",
    "", "SIGRTMAX-14", "RTMAX-15", "${G:?none}", "65",
]);
const HEALTH: Values = (3, &[
    "NONE", "none x", "CMD true", "CMD [\"true\"]", "CMD", "CMD []", "FOO x", "", "--interval=5s CMD x",
    "--interval=5 CMD x", "--interval=1us CMD x", "--timeout=-1s CMD x", "--retries=3 CMD x",
    "--retries=-1 CMD x", "--retries=x CMD x", "--start-interval=1m30s CMD x", "--start-period=$H CMD x",
    "--foo=1 CMD x", "--interval=foo NONE", "--interval= CMD x", "--interval=1d CMD x",
    "--retries=99999999999 CMD x",
]);
const OTHERS: Values = (9, &[
    "ENV A=1", "ENV A 1", "ENV A", "ENV A=1 B", "ENV =1", "ENV", "ENV A=$B C=${A:-d}",
    "ENV A=\"x y\" B='z'", "ENV A=${B", "ENV A=\"x", "ENV V=1.2.3 W=${V%.*}", "ENV A=${A:?must}",
    "ENV A=${A/b/c}", "ENV A=${A^^}", "LABEL a=b", "LABEL a b", "LABEL", "LABEL a", "LABEL a=b =c",
    "ARG K=cache", "ARG K=foo", "ARG T=/t", "ARG M=755", "ARG M=9", "ARG P=8080", "ARG P=pp", "ARG G=KILL",
    "ARG G", "ARG", "ARG =x", "ARG a b=1 c", "ARG TARGETARCH", "ARG a=\"b", "WORKDIR /app", "WORKDIR app",
    "WORKDIR", "WORKDIR $W", "WORKDIR /a b", "WORKDIR ${W", "USER 1000", "USER a:b", "USER", "USER a b",
    "USER $U", "VOLUME /v", "VOLUME", "VOLUME [\"/v\", \"\"]", "VOLUME []", "VOLUME \"\"", "VOLUME /a /b",
    "VOLUME $V", "SHELL [\"/bin/sh\", \"-c\"]", "SHELL /bin/sh", "SHELL []", "SHELL", "SHELL [1]",
    "CMD true", "CMD [\"true\"]", "CMD", "ENTRYPOINT [\"a\"]", "ENTRYPOINT", "ENTRYPOINT []",
    "MAINTAINER x", "MAINTAINER", "ONBUILD RUN true", "ONBUILD", "ONBUILD FROM x", "ONBUILD ONBUILD RUN x",
    "ONBUILD MAINTAINER x", "ONBUILD COPY a b", "run true", "Run true", "RUM true", "# a comment", "",
    "EXPOSE", "FROM", "\\", "RUN --mount=type=cache,target=/x,id=$K true", "STOPSIGNAL --x=1 9",
    "ARG --x=1 y", "USER --x=1 y", "CMD --x=1 y", "ENV --x=1", "COPY --from=nine a b",
    "ENV a=b \\\n  # note\n  c=d", "ENV a=b \\\n\n  c=d",
]);

/// A Dockerfile. Most values in it are ordinary, so that there is one fault or none.
pub fn dockerfile(random: &mut Random) -> String {
    let mut text = random.of(HEADS).to_owned();
    for _ in 0..random.below(3) {
        text += random.of(META);
    }
    for stage in 0..1 + random.below(3) {
        let (platform, image) = (random.of(PLATFORMS), random.of(IMAGES));
        let name = if random.below(6) == 0 { random.of(NAMES) } else { ["", " AS one", " AS two"][stage] };
        let base = if stage > 1 && random.below(4) == 0 { "one" } else { image };
        let _ = writeln!(text, "FROM {platform}{base}{name}");
        for _ in 0..random.below(6) {
            text += &instruction(random);
            text.push('\n');
        }
    }
    text
}

fn instruction(random: &mut Random) -> String {
    match random.below(10) {
        0 | 1 => {
            let mut run = "RUN ".to_owned();
            for _ in 0..1 + random.below(2) {
                let mut fields = vec![random.of(MOUNT_TYPES), random.of(MOUNT_TARGETS)];
                fields.extend((0..random.below(3)).map(|_| random.of(MOUNT_FIELDS)));
                let _ = write!(run, "--mount={} ", fields.join(","));
            }
            run + "true"
        }
        2 => {
            let flag = if random.below(3) == 0 { random.of(RUN_FLAGS) } else { "" };
            format!("RUN {flag} {}", random.of(COMMANDS))
        }
        3 => format!("COPY {} {}", random.of(COPY_FLAGS), random.of(COPIES)),
        4 => format!("ADD {} {}", random.of(COPY_FLAGS), random.of(COPIES)),
        5 => format!("EXPOSE {} {}", random.of(PORTS), random.of(PORTS)),
        6 => format!("STOPSIGNAL {}", random.of(SIGNALS)),
        7 => format!("HEALTHCHECK {}", random.of(HEALTH)),
        _ => {
            // There is no other place for them.
            let other =
                if random.below(3) == 0 { OTHERS.1[random.below(OTHERS.1.len())] } else { random.of(OTHERS) };
            other.to_owned()
        }
    }
}
