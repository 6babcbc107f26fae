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
    "echo \\\n  x", "echo \\\n\n  x", "[]", "", "echo `", "echo $X ${Y", "cat <<A <<B\na\nA\nb\nB", "<<a=b\ntrue\na=b", "<<a=b\na",
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

// What the engine's own checks look at, and what they find no fault with.
const CHECKED_HEADS: Values = (18, &[
    "", "", "", "", "", "# escape=`\n", "# check=skip=WorkdirRelativePath\n", "# check=skip=all\n", "#check=skip=a,StageNameCasing\n",
    "# check=experimental=all\n", "# check=experimental=InvalidDefinitionDescription\n",
    "# check=error=true;skip=JSONArgsRecommended,ConsistentInstructionCasing,FromAsCasing\n", "# check=error=true\n",
    "# check=skip=all;error=true\n", "# check=error=false\n", "# escape=\\\n# check=skip=JSONArgsRecommended\n",
    "# check=skip=JSONArgsRecommended \n", "# check=skip=DuplicateStageName;experimental=all\n",
]);
const CHECKED_META: Values = (12, &[
    "", "", "ARG BASE=alpine:3.22\n", "ARG TAG=3.22\n", "ARG NONE\n", "arg lower=1\n", "# BASE is it\nARG BASE=debian:12\n",
    "# other\nARG BASE\n", "ARG P=linux/amd64\n", "ARG TARGETPLATFORM\n", "ARG BUILDPLATFORM\n", "ARG BASE=alpine TAG=$BASE\n",
]);
const CHECKED_PLATFORMS: Values = (14, &[
    "", "", "", "", "--platform=$TARGETPLATFORM ", "--platform=${TARGETPLATFORM} ", "--platform=$BUILDPLATFORM ",
    "--platform=linux/amd64 ", "--platform=linux/arm64 ", "--platform=linux/$TARGETARCH ", "--platform=$P ",
    "--platform=${TARGETPLATFORM:-x} ", "--platform=${TARGETPLATFORM%x} ", "--platform=\"$TARGETPLATFORM\" ",
]);
const CHECKED_IMAGES: Values = (15, &[
    "alpine:3.22", "debian:12-slim", "scratch", "scratch", "scratch", "alpine:$TAG", "${BASE}", "$BASE",
    "${BASE:-alpine}", "${NONE:-alpine:3}", "alpine${NONE}", "alpine:${TARGETARCH}", "alpine:${lower}", "alpine:${TGA:-1}",
    "${TARGETVARIANT:-alpine}",
]);
const CHECKED_NAMES: Values = (16, &[
    "", "", "", "", " AS one", " AS two", " as one", " As two", " AS One", " AS TWO", " AS scratch", " AS context",
    " AS build_amd64", " AS build-arm64", " AS x$TAG", " as linux",
]);
const CHECKED: Values = (158, &[
    "ENV A=1", "ENV A 1", "ENV A  a b", "env B=$A", "ENV B=$B", "ENV C=${C}x D=$C", "ENV PATH=/x:$PATH", "ENV E=${E:-e}",
    "ENV F=${F:+f}", "ENV G=$TARGETARCH", "ENV H=${TARGETOS}", "ENV I='$I'", "ENV J=\\$J", "ENV A=1 A=$A", "ENV $K=1",
    "ENV API_TOKEN=1", "ENV DB_PASSWORD=$A", "ENV PUBLIC_KEY=1", "ENV GIT_KEY_ID=1", "ENV token=x", "ENV MY_auth 1",
    "ENV \"AWS_SECRET\"=1", "ENV X_CREDENTIALS=1", "ENV PASSWD=1", "ENV pwd=1", "ENV A_PASS=1", "ENV SECRETS=1",
    "ENV APIKEY=1", "ENV A-KEY=1", "ENV A.TOKEN=1", "ENV ${A}_KEY=1", "ENV KEY_FILE=/x", "ENV APITOKEN_=1",
    "ARG A", "ARG A=1", "ARG B=$A", "ARG B=$B", "ARG API_KEY", "ARG API_KEY=1", "ARG token=", "ARG TARGETARCH", "ARG TARGETPLATFORM=x",
    "ARG A B=2 SECRET_X", "ARG BASE", "ARG BUILDKIT_SBOM_SCAN_STAGE=1", "ARG HTTP_PROXY", "# A is\nARG A=2", "# something\nARG A",
    "# B x\n\nARG A B", "#A x\nARG A", "# A\nARG A",
    "WORKDIR /a", "WORKDIR b", "WORKDIR $A", "WORKDIR ${A:-/x}", "WORKDIR ./c", "WORKDIR C:/x", "WORKDIR \"/q\"", "WORKDIR $HOME/x",
    "WORKDIR ''", "WORKDIR /$Z", "WORKDIR ${Y}/z", "WORKDIR ..", "WORKDIR \\x",
    "CMD a", "CMD [\"a\"]", "cmd b", "CMD [\"a\", b]", "CMD []", "CMD ['a']", "CMD [ \"a\" ] ", "CMD $A", "CMD exec a",
    "ENTRYPOINT a", "ENTRYPOINT [\"a\"]", "ENTRYPOINT [\"a\", \"$B\"]", "Entrypoint [\"x\"]",
    "HEALTHCHECK CMD a", "HEALTHCHECK CMD [\"a\"]", "HEALTHCHECK NONE", "HEALTHCHECK --interval=1m CMD a",
    "SHELL [\"/bin/sh\", \"-c\"]", "SHELL [\"/bin/bash\", \"-c\"]", "SHELL [\"cmd\"]",
    "EXPOSE 80", "EXPOSE 80/TCP", "EXPOSE 80/udp 81/Udp", "EXPOSE 8080:80", "EXPOSE 127.0.0.1:80:80", "EXPOSE 127.0.0.1::80",
    "EXPOSE $A", "EXPOSE ${PORT:-80}", "EXPOSE ${PORT:-80/TCP}", "EXPOSE ${PORT:-1:80}", "EXPOSE 80-90/TCP", "EXPOSE :80",
    "EXPOSE 80/SCTP", "EXPOSE 81/tcp 1:2 3/TCP", "EXPOSE 0.0.0.0:80:80/TCP", "EXPOSE 8000-8010:8000-8010", "EXPOSE $PORT",
    "MAINTAINER a", "maintainer b <c>", "LABEL a b", "LABEL a=b", "LABEL maintainer=a", "LABEL a $B", "LABEL a=$TARGETOS", "LABEL $L=1",
    "USER $U", "USER root", "user x", "VOLUME /v", "VOLUME [\"/v/$V\"]", "VOLUME /$V/x", "STOPSIGNAL SIGTERM", "STOPSIGNAL ${SIG:-9}",
    "COPY a b", "COPY $S /x/", "COPY --from=one a b", "COPY --from=ONE a b", "COPY --chown=$U a b", "COPY <<E /x\n$HERE\nE",
    "COPY <<'E' /x\n$HERE\nE", "COPY [\"a\", \"$D\"]", "ADD $S /y/", "ADD --chmod=${M:-755} a b", "Copy a b", "ADD <<E /x\n\nE",
    "RUN a", "RUN a \\\n\n b", "RUN a \\\n # c\n\n\n b", "RUN a \\\n # c\n b", "RUN echo $A $TARGETARCH", "RUN [\"$A\"]",
    "RUN --mount=type=cache,target=/x,id=$ID a", "RUN <<E\n\n$A\nE", "run --network=none a", "RUN --mount=type=bind,source=$Q,target=/x a",
    "ENV A=1 \\\n\n B=2", "ENV A=1 \\\n  \n# c\n B=$NO", "EXPOSE 80 \\\n 8080:80", "ARG A=1 \\\n\n", "CMD a \\\n b",
    "ONBUILD RUN a", "ONBUILD WORKDIR x", "ONBUILD CMD a", "onbuild ENV A=$A", "ONBUILD ENV A 1", "ONBUILD EXPOSE 80/TCP",
    "ONBUILD ARG API_KEY", "ONBUILD expose 1:2", "ONBUILD ENTRYPOINT a", "ONBUILD HEALTHCHECK CMD a", "ONBUILD COPY $S /", "onbuild add a b",
    "# comment", "",
]);

/// A Dockerfile that the engine takes more often than not, with much that its own checks look at.
pub fn questionable(random: &mut Random) -> String {
    let mut text = random.of(CHECKED_HEADS).to_owned();
    for _ in 0..random.below(3) {
        text += random.of(CHECKED_META);
    }
    let from = if random.below(5) == 0 { "from" } else { "FROM" };
    let stages = 1 + random.below(3);
    for stage in 0..stages {
        let (platform, image, mut name) = (random.of(CHECKED_PLATFORMS), random.of(CHECKED_IMAGES), random.of(CHECKED_NAMES));
        let base = if stage > 0 && random.below(2) == 0 { "one" } else { image };
        if stage == 0 && stages > 1 && random.below(3) > 0 {
            name = " AS one";
        }
        let _ = writeln!(text, "{from} {platform}{base}{name}");
        for _ in 0..random.below(7) {
            let _ = writeln!(text, "{}", random.of(CHECKED));
        }
    }
    text
}
