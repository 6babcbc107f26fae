//! `Dockerfile.tera`, from outside: what a template can say, in every command that renders one, and where
//! findings in it point.

mod common;

use std::process::Command;

use common::{Run, Test};

fn tera(template: impl AsRef<[u8]>) -> Test {
    Test::new().file("Dockerfile.tera", template).args("render -d raspberrypi3")
}

#[test]
fn conditions_loops_and_includes() {
    let template = "\
FROM {{ base_image(stack=\"python\", version=\"3.12\", slim=true) }}
{% if arch.debian == \"armhf\" -%}
RUN apt-get install -y libatomic1
{% elif arch.slug == \"aarch64\" -%}
RUN sixty-four
{% else -%}
RUN nothing
{% endif -%}
{% include \"docker/user.part\" %}
{%- for name in [\"a\", \"b\"] %}
COPY {{ name }} /{{ loop.index }}/
{%- endfor %}
CMD [\"run\", \"{{ device.slug | upper }}\", \"{{ service }}\"]
";
    let part = "{% set user = \"app\" %}USER {{ user }}";
    let of = |device: &str, second: &str, name: &str| {
        Test::new()
            .file("Dockerfile.tera", template)
            .file("docker/user.part", part)
            .args("render -d")
            .arg(device)
            .stdout(format!(
                "FROM python:3.12-slim\n{second}\nUSER app\nCOPY a /1/\nCOPY b /2/\nCMD [\"run\", \"{name}\", \"main\"]\n"
            ))
            .quietly();
    };
    of("raspberrypi3", "RUN apt-get install -y libatomic1", "RASPBERRYPI3");
    of("raspberrypi4-64", "RUN sixty-four", "RASPBERRYPI4-64");
    of("intel-nuc", "RUN nothing", "INTEL-NUC");
}

#[test]
fn what_there_is_to_name() {
    tera(
        "{{ device.slug }} {{ device.name }} {{ device.arch }} {{ device.aliases | length }}\n\
         {{ arch.slug }} {{ arch.name }} {{ arch.platform }} {{ arch.docker_hub }} {{ arch.debian }} {{ arch.alpine }} \
         {{ arch.uname }} {{ arch.goarch }} {{ arch.goarm }} {{ arch.node }} {{ arch.rust }} {{ arch.aliases | join(sep=\",\") }}\n\
         {{ fleet }} {{ service }} {{ platform() }}\n\
         {{ BALENA_MACHINE_NAME }} {{ RESIN_MACHINE_NAME }} {{ BALENA_ARCH }} {{ RESIN_ARCH }} {{ BALENA_SERVICE_NAME }} \
         {{ BALENA_APP_NAME }} {{ DTPL_GOARCH }} {{ MY_OWN }}\n",
    )
    .args("--fleet kiosk --service web -D MY_OWN=x=y")
    .stdout(
        "raspberrypi3 Raspberry Pi 3 armv7hf 0\n\
         armv7hf ARMv7 hard-float linux/arm/v7 arm32v7 armhf armv7 armv7l arm 7 armv7l armv7-unknown-linux-gnueabihf \
         armv7,armv7l,armhf\n\
         kiosk web linux/arm/v7\n\
         raspberrypi3 raspberrypi3 armv7hf armv7hf web kiosk arm x=y\n",
    );
}

#[test]
fn text_outside_of_tags_keeps_every_byte() {
    let kept = "FROM a\r\nRUN <b> & 'c' \"d\" \t \r\n\n  # {x} {{% raw %}\u{e9}\u{2028}\u{1F980}$%\\ no end";
    let kept = kept.replace("{{% raw %}", "{ % raw % } ");
    tera(&kept).stdout(&kept);
    tera(format!("{kept}\r\n")).stdout(format!("{kept}\r\n"));
    // Values are not escaped either, and dashes take blanks away, as Tera says.
    tera("RUN {{ MY_OWN }}\n  {%- if true -%}  \n x \n{%- endif %} y {#- gone -#} \r\n z\n")
        .args("-D MY_OWN=<&>'")
        .stdout("RUN <&>'x yz\n");
    tera("RUN {% raw %}{{ x }} {% if %} {# y #}{% endraw %}\n").stdout("RUN {{ x }} {% if %} {# y #}\n");
    tera("a {%- raw -%}  {{ b }}\n {%- endraw -%} \n c").stdout("a{{ b }}c");
    tera("").stdout("");
}

#[test]
fn names_that_are_not_there_are_all_told() {
    let run = tera("FROM {{ BALENA_ARHC }}\nRUN {{ devise.slug }} {{ device.slgu }}\n{% if MY_OWN %}{{ nothing }}{% endif %}\n")
        .refuses([
            "Dockerfile.tera:1:9: error: `BALENA_ARHC` is not defined",
            "1 | FROM {{ BALENA_ARHC }}",
            "^^^^^^^^^^^",
            "did you mean `BALENA_ARCH`?",
            "Dockerfile.tera:2:8: error: `devise` is not defined",
            "did you mean `device`?",
            "Dockerfile.tera:2:33: error: `device` has no field `slgu`",
            "did you mean `slug`?",
            "Dockerfile.tera:3:7: error: `MY_OWN` is not defined",
            "-D MY_OWN=VALUE",
            "Dockerfile.tera:3:19: error: `nothing` is not defined",
            "there are device, arch, fleet, service and the variables that placeholders have",
        ]);
    assert_eq!(run.stderr.matches("error:").count(), 5);
    // What Tera itself would take for false.
    tera("FROM a\n{% set it = device %}\n{% if it.slgu == \"x\" %}{% endif %}").refuses([
        "Dockerfile.tera:3:7: error: `it.slgu` is not defined here",
        "ask before: {% if it.slgu is defined %}",
    ]);
    tera("FROM a\n{% if false %}{% set it = 1 %}{% endif %}{% if it %}{% endif %}")
        .refuses(["Dockerfile.tera:2:48: error: `it` is not defined here"]);
    tera("FROM a\n{% if device[\"slgu\"] == \"x\" %}{% endif %}{{ platform }}").refuses([
        "Dockerfile.tera:2:15: error: `device` has no field `slgu`",
        "Dockerfile.tera:2:45: error: `platform` is a function",
        "call it: platform(...)",
    ]);
    tera("FROM a\n{% set it = {\"a\": 1} %}{% if it[\"b\"] == 1 %}{% endif %}")
        .refuses(["Dockerfile.tera:2:30: error: `it[\"b\"]` is not defined here"]);
    tera("FROM a\n{{ fleet }}").refuses(["Dockerfile.tera:2:4: error: `fleet` has no value here"]);
    tera("FROM a\n{{ BALENA_RELEASE_HASH }}")
        .refuses(["Dockerfile.tera:2:4", "-D BALENA_RELEASE_HASH=VALUE"]);
    tera("FROM {{ 1 | uper }} {{ 1 is od }} {{ platfrom() }}").refuses([
        "Dockerfile.tera:1:13: error: unknown filter `uper`",
        "did you mean `upper`?",
        "Dockerfile.tera:1:29: error: unknown test `od`",
        "did you mean `odd`?",
        "Dockerfile.tera:1:38: error: unknown function `platfrom`",
        "did you mean `platform`?",
    ]);
}

#[test]
fn a_template_may_ask_whether_a_name_is_there() {
    tera("{% if MY_OWN is defined and MY_OWN == \"x\" %}{{ MY_OWN }}{% endif %}{{ OTHER | default(value=\"none\") }}{% if fleet %}f{% endif %}\n")
        .stdout("none\n")
        .quietly();
    tera("{% if MY_OWN is not defined %}no{% elif MY_OWN == \"x\" %}x{% endif %}\n")
        .args("-D MY_OWN=x")
        .stdout("x\n");
    // Without a device type there is no device.
    let template = "{% if device and device.slug == \"x\" %}x{% endif %}{{ arch.slug }}\n";
    Test::new().file("Dockerfile.tera", template).args("render -A amd64").stdout("amd64\n");
    Test::new()
        .file("Dockerfile.tera", "{{ BALENA_MACHINE_NAME }}{{ device.slug }}")
        .args("render -A amd64")
        .refuses(["Dockerfile.tera:1:4: error: `BALENA_MACHINE_NAME` is not defined", "--device SLUG"]);
}

#[test]
fn the_image_that_there_is_for_the_platform() {
    let asks = |device: &str, call: &str| {
        Test::new().file("Dockerfile.tera", format!("FROM {{{{ {call} }}}}\n")).args("render -d").arg(device)
    };
    let python = "base_image(stack=\"python\", version=\"3.12\")";
    asks("raspberrypi3", python).stdout("FROM python:3.12\n");
    asks("raspberry-pi", "base_image(stack=\"python\", version=\"3.12\", distro=\"alpine\")")
        .stdout("FROM python:3.12-alpine\n");
    asks("raspberrypi3", "base_image(distro=\"debian\", version=\"bookworm\", slim=true)")
        .stdout("FROM debian:bookworm-slim\n");
    // None of Debian's runs on ARMv6.
    asks("raspberry-pi", python).refuses([
        "Dockerfile.tera:1:9: error: there is no maintained official image of python 3.12 on debian for linux/arm/v6",
        "^^^^^^^^^^",
        "the nearest maintained image is python:3.12-alpine",
    ]);
    asks("raspberrypi3", "base_image(stack=\"python\", version=\"2.7\")")
        .refuses(["of python 2.7 on debian for linux/arm/v7", "the nearest maintained image is python:3."]);
    asks("nuc", "base_image(stack=\"pyton\")").refuses(["no official image is called `pyton`", "`python`?"]);
    asks("nuc", "base_image(stack=\"python\", distro=\"debain\")").refuses(["called `debain`", "`debian`?"]);
    asks("nuc", "base_image(stack=\"python\", distro=\"ubuntu\")").refuses(["on debian or on alpine"]);
    asks("nuc", "base_image(stak=\"python\")").refuses(["takes no `stak`", "did you mean `stack`?"]);
    asks("nuc", "base_image(stack=3)").refuses(["`stack` of `base_image` has to be a text"]);
    asks("nuc", "base_image()").refuses(["needs a `stack` or a `distro`"]);
}

#[test]
fn placeholders_in_a_tera_template_are_not_replaced() {
    tera("FROM a\nRUN %%BALENA_ARCH%% {{ MY_OWN }}\n")
        .args("-D MY_OWN=%%OTHER%%")
        .stdout("FROM a\nRUN %%BALENA_ARCH%% %%OTHER%%\n")
        .says(&[
            "warning: the value of MY_OWN holds a placeholder",
            "Dockerfile.tera:2:5: warning: %%BALENA_ARCH%% is not replaced in a Tera template",
            "write {{ BALENA_ARCH }}",
        ]);
    tera("FROM a\nRUN %%BALENA_ARCH%%\n").args("--strict").refuses(["Dockerfile.tera:2:5: error"]);
}

#[test]
fn the_template_has_the_rank_of_dockerfile_template() {
    let both = || Test::new().file("Dockerfile.template", "FROM a\n").file("Dockerfile.tera", "FROM b\n");
    let message = "Dockerfile.template and Dockerfile.tera are both here, and neither comes first";
    both().args("render -d nuc").refuses(["Dockerfile.template: error", message]);
    both().args("check --devices nuc").run().found(message);
    both().args("batch --devices nuc --format ndjson").refuses([message]);
    both().args("explain -d nuc").refuses([message]);
    // What ranks higher is taken, and so is what is asked for by its name.
    both().file("Dockerfile.intel-nuc", "FROM c\n").args("render -d nuc").stdout("FROM c\n");
    both().args("render -d nuc -f Dockerfile.tera").stdout("FROM b\n");
    both().args("render -d nuc -f Dockerfile.template").stdout("FROM a\n");
    both().args("render -d nuc Dockerfile.tera").stdout("FROM b\n");
    let named = || Test::new().file("docker/app.tera", "FROM {{ service }}\n").file("Dockerfile", "FROM a\n");
    named().args("render -d nuc -f docker/app").stdout("FROM main\n");
    let run = named().args("render -d nuc -f docker/app --format json").ok();
    assert_eq!(
        (run.json()["source"].as_str(), run.json()["name"].as_str()),
        (Some("docker/app.tera"), Some("docker/app"))
    );
    // The plain one is left aside, with a warning.
    Test::new()
        .file("Dockerfile", "FROM a\n")
        .file("Dockerfile.tera", "FROM b\n")
        .args("render -d nuc")
        .stdout("FROM b\n")
        .says(&["Dockerfile: warning: Dockerfile.tera is used instead of this file"]);
    let run = tera("FROM {{ arch.slug }}\n").args("--format json").ok();
    let object = run.json();
    assert_eq!(object["source"], "Dockerfile.tera");
    assert_eq!(object["name"], "Dockerfile");
    assert_eq!(object["dockerfile"], "FROM armv7hf\n");
}

#[test]
fn balena_does_not_know_it() {
    for command in
        ["render -d nuc", "explain -d nuc", "batch --devices nuc --format ndjson", "check --devices nuc"]
    {
        let test = Test::new().file("Dockerfile.tera", "FROM a\n").args(command).args("--compat balena");
        test.run().found("the balena builder knows no Tera templates, and the project is for balena alone");
    }
}

/// What is wrong is told on stderr, or among the findings of a check.
trait Found {
    fn found(&self, message: &str);
}

impl Found for Run {
    fn found(&self, message: &str) {
        assert_eq!(self.status, 1);
        let all = format!("{}{}", self.stderr, String::from_utf8_lossy(&self.stdout));
        assert!(all.contains(message), "{all}");
    }
}

#[test]
fn a_batch_renders_it_for_each_target() {
    let fleets = "fleets:\n  a: {device: raspberrypi3, variables: {LOCALE: de}}\n  b: {device: intel-nuc}\n  c: {device: intel-nuc}\n";
    let template = "FROM base-{{ arch.slug }}\n{% if LOCALE is defined %}ENV L={{ LOCALE }}\n{% endif %}{% if fleet == \"b\" %}RUN b\n{% endif %}";
    let project = || Test::new().file("Dockerfile.tera", template).file("fleets.yaml", fleets);
    let run = project().args("batch --format ndjson").ok();
    let rows: Vec<serde_json::Value> =
        run.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let files: Vec<&str> = rows.iter().map(|row| row["dockerfile"].as_str().unwrap()).collect();
    assert_eq!(
        files,
        [
            "FROM base-armv7hf\n\nENV L=de\n".replace("\n\n", "\n").as_str(),
            "FROM base-amd64\nRUN b\n",
            "FROM base-amd64\n"
        ]
    );
    assert!(rows.iter().all(|row| row["source"] == "Dockerfile.tera" && row["name"] == "Dockerfile"));
    // The other formats, and any number of threads, have the same.
    for format in ["plan", "bake", "matrix", "tar"] {
        let one = project().args("batch --jobs 1 --format").arg(format).ok();
        let many = project().args("batch --jobs 7 --format").arg(format).ok();
        assert_eq!(one.stdout, many.stdout, "{format}");
        assert!(!one.stdout.is_empty());
    }
    let run = project().args("batch --format tree -o out").writes().run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    let written = std::fs::read_to_string(run.folder.join("out/b/main/Dockerfile")).unwrap();
    assert_eq!(written, "FROM base-amd64\nRUN b\n");
    // A mistake that is the same for all is told once.
    let faulty =
        Test::new().file("Dockerfile.tera", "FROM a\nRUN {{ LOCALE }}\n").file("fleets.yaml", fleets);
    let run = faulty
        .args("batch --format ndjson")
        .refuses(["Dockerfile.tera:2:8: error: `LOCALE` is not defined", "2 of 3"]);
    assert_eq!(run.stderr.matches("error:").count(), 1);
    // JSON lines in, JSON lines out.
    let lines = "{\"name\":\"x\",\"device\":\"raspberrypi3\"}\n{\"name\":\"y\",\"device\":\"intel-nuc\",\"variables\":{\"LOCALE\":\"fr\"}}\n";
    let run = project().args("batch --fleets - --format ndjson").stdin(lines).ok();
    assert!(run.text().contains("FROM base-amd64\\nENV L=fr\\n"), "{}", run.text());
}

#[test]
fn several_services_share_files_of_the_project() {
    let compose = "services:\n  one: {build: one}\n  two: {build: {context: two, dockerfile: sub/app}}\n";
    let project = || {
        Test::new()
            .file("docker-compose.yml", compose)
            .file("common.part", "LABEL of={{ service }}\n")
            .file("one/Dockerfile.tera", "FROM a\n{% include \"common.part\" %}")
            .file(
                "two/sub/app.tera",
                "FROM b\n{% include \"./two//own.part\" %}{% include \"common.part\" %}",
            )
            .file("two/own.part", "RUN own\n")
    };
    project().args("render -d nuc --service one").stdout("FROM a\nLABEL of=one\n");
    project().args("render -d nuc --service two").stdout("FROM b\nRUN own\nLABEL of=two\n");
    // A template by itself includes from its own folder.
    project()
        .args("render -d nuc one/Dockerfile.tera")
        .refuses(["one/Dockerfile.tera:2:13: error: there is no file `common.part` in the project"]);
    // A variant of one device among them.
    let run = project()
        .file("one/Dockerfile.raspberrypi3", "FROM %%BALENA_ARCH%%\n")
        .args("batch --devices raspberrypi3,nuc --service one --format ndjson")
        .ok();
    assert!(
        run.text().contains("\"FROM armv7hf\\n\"") && run.text().contains("\"FROM a\\nLABEL of=one\\n\"")
    );
}

#[test]
fn findings_point_into_the_template_and_what_it_includes() {
    let template = "\
{% set tag = \"3.12\" -%}
FROM {{ \"python:\" ~ tag }}
{% for name in [\"a\", \"b\"] -%}
COPY {{ name }}.txt /srv/
{% endfor -%}
{% include \"parts/install.part\" %}
RUM wrong
CMD [\"a\"]
CMD [\"b\"]
";
    let part = "# apt\n\nRUN apt-get update\nRUN apt-get install -y {{ arch.debian }}-thing\n";
    let project =
        || Test::new().file("Dockerfile.tera", template).file("parts/install.part", part).file("a.txt", "");
    let run = project().args("check --devices raspberrypi3,nuc --format json").run();
    assert_eq!(run.status, 1);
    let object = run.json();
    let found: Vec<(String, String, u64, u64)> = object["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            let text = |name: &str| finding[name].as_str().unwrap().to_owned();
            (
                text("rule"),
                text("file"),
                finding["line"].as_u64().unwrap(),
                finding["column"].as_u64().unwrap(),
            )
        })
        .collect();
    let has = |rule: &str, file: &str, line: u64, column: u64| {
        let wanted = (rule.to_owned(), file.to_owned(), line, column);
        assert!(found.contains(&wanted), "{wanted:?} is not in {found:#?}");
    };
    has("missing-copy-source", "Dockerfile.tera", 4, 6);
    has("syntax", "Dockerfile.tera", 7, 1);
    has("multiple-cmd", "Dockerfile.tera", 8, 1);
    assert!(
        found.iter().any(|(rule, file, line, _)| rule == "split-apt-update"
            && file == "parts/install.part"
            && (3..=4).contains(line)),
        "{found:#?}"
    );
    // The other line that a message names is one of the template too.
    assert!(run.text().contains("the one on line 9 replaces it"), "{}", run.text());
    // Comments in the template are obeyed.
    Test::new()
        .file(
            "Dockerfile.tera",
            "FROM debian:bookworm\n# dtpl ignore=missing-copy-source\nCOPY {{ service }} /x\nCMD [\"a\"]\n",
        )
        .args("check --devices nuc")
        .ok();
    // Renders and explanations point there as well.
    let run =
        project().args("explain -d nuc").refuses(["Dockerfile.tera:7:1: error: unknown instruction: RUM"]);
    assert!(!run.stderr.contains("parts/"));
    let run = Test::new()
        .file(
            "Dockerfile.tera",
            "{# head\n#}\nFROM python:3.12\n{% for a in [1, 2] %}\nRUN \\\n  {{ a }}\n{% endfor %}\n",
        )
        .args("explain -d nuc --format json")
        .ok();
    let lines: Vec<(u64, u64)> = run.json()["instructions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["start_line"].as_u64().unwrap(), one["end_line"].as_u64().unwrap()))
        .collect();
    assert_eq!(lines, [(3, 3), (5, 6), (5, 6)]);
    // What is included says in which file its lines are counted.
    let included = || {
        Test::new()
            .file("Dockerfile.tera", "FROM python:3.12\n{% include \"parts/run.part\" %}CMD [\"a\"]\n")
            .file("parts/run.part", "\nRUN \\\n  x\n")
    };
    let run = included().args("explain -d nuc").ok();
    assert!(run.text().contains("\nparts/run.part:2-3: RUN \\\n                      x\n"), "{}", run.text());
    assert!(run.text().contains("\n2: CMD [\"a\"]\n"), "{}", run.text());
    let object = included().args("explain -d nuc --format json").ok().json();
    assert_eq!(object["instructions"][1]["file"], "parts/run.part");
    assert!(object["instructions"][0].get("file").is_none());
    let run = included().args("explain -d nuc --format markdown").ok();
    assert!(run.text().contains("## Lines 2 to 3 of `parts/run.part`: RUN\n"), "{}", run.text());
}

#[test]
fn a_check_goes_on_behind_names_that_are_not_there() {
    let template =
        "FROM debian:bookworm\nENV A={{ BALENA_APP_NAME }} B={{ LOCALE }}\nRUN cd {{ fleet }}\nRUM x\n";
    let run = Test::new().file("Dockerfile.tera", template).args("check --devices nuc").run();
    assert_eq!(run.status, 1);
    for piece in [
        "Dockerfile.tera:2:10: info: `BALENA_APP_NAME` is not defined",
        "Dockerfile.tera:2:34: error: `LOCALE` is not defined",
        "Dockerfile.tera:4:1: error: unknown instruction: RUM",
    ] {
        assert!(run.text().contains(piece), "{piece} is not in {}", run.text());
    }
    let template =
        "FROM debian:bookworm\nENV A={{ BALENA_APP_NAME }} B={{ BALENA_RELEASE_HASH }}\nCMD [\"a\"]\n";
    Test::new().file("Dockerfile.tera", template).args("check --devices nuc").ok();
}

#[test]
fn an_image_that_an_expression_names_is_shown_as_it_is_written() {
    let run = Test::new()
        .file(
            "Dockerfile.tera",
            "FROM --platform={{ platform() }} balenalib/{{ device.slug }}-python:3.9\nCMD [\"a\"]\n",
        )
        .args("check --devices raspberrypi3 --fail-on never")
        .ok();
    let text = run.text();
    assert!(text.contains("Dockerfile.tera:1:34: "), "{text}");
    assert!(text.contains("balenalib/{{ device.slug }}-python:3.9"), "{text}");
    assert!(!text.contains("constant-platform"), "{text}");
}

#[test]
fn the_result_takes_the_place_of_no_part() {
    for output in ["Dockerfile.tera", "x.part"] {
        Test::new()
            .file("Dockerfile.tera", "FROM a\n{% include \"x.part\" %}")
            .file("x.part", "RUN x\n")
            .args("render -d nuc -o")
            .arg(output)
            .cannot(["the output is the template itself"]);
    }
}

#[test]
fn values_are_in_no_message() {
    let secret = "s3cr3t-value";
    for template in [
        "FROM a\nRUN {{ TOKEN + 1 }}\n",
        "FROM a\nRUN {{ TOKEN | int }}\n",
        "FROM a\nRUN {{ device[TOKEN] }}\n",
        "FROM a\nRUN {{ throw(message=TOKEN) }}\n",
        "FROM a\nRUN {{ base_image(stack=\"python\", version=1) }}{{ TOKEN }}\n",
        "FROM a\n{{ TOKEN }} is no instruction\n",
        "FROM {{ TOKEN }}:bad:reference\n",
    ] {
        let test = || Test::new().file("Dockerfile.tera", template).secret(secret);
        let define = format!("TOKEN={secret}");
        test().args("render -d nuc -D").arg(&define).run();
        test().args("explain -d nuc -D").arg(&define).run();
        let run = test().args("check --devices nuc -D").arg(&define).run();
        assert!(!String::from_utf8_lossy(&run.stdout).contains(secret), "{}", run.text());
        assert_eq!(run.status, 1, "{template}");
    }
}

#[test]
fn values_add_and_take_no_lines() {
    tera("FROM a\nRUN x {{ MY_OWN }} \nRUN b\n")
        .arg("-D")
        .arg("MY_OWN=\\")
        .refuses(["Dockerfile.tera:2:7: error: this value would join this line with the next"]);
    tera("# escape=`\nFROM a\nRUN {% if true %}{{ MY_OWN }}{% endif %}\nRUN b\n")
        .arg("-D")
        .arg("MY_OWN=`")
        .refuses(["Dockerfile.tera:3:18: error: this value would join this line with the next"]);
    tera("FROM a\nRUN x {{ MY_OWN }}y\n").arg("-D").arg("MY_OWN=\\").stdout("FROM a\nRUN x \\y\n");
    tera("FROM a\nRUN x \\\n  {{ MY_OWN }}\nUSER root\n").arg("-D").arg("MY_OWN=").refuses([
        "Dockerfile.tera:3:3: error: this value would leave this line blank, and so join the lines around it",
    ]);
    for blank in ["", "\u{a0}", "\u{2003}"] {
        tera("FROM a\nRUN x \\\n{{ MY_OWN }}\nUSER root\n")
            .arg("-D")
            .arg(format!("MY_OWN={blank}"))
            .refuses(["3:1: error: this value would leave this line blank"]);
        tera("FROM a\nRUN <<EOF\nx \\\n{{ MY_OWN }}\nb\nEOF\n")
            .arg("-D")
            .arg(format!("MY_OWN={blank}"))
            .stdout(format!("FROM a\nRUN <<EOF\nx \\\n{blank}\nb\nEOF\n"));
    }
    let ends = "3:1: error: this value would make this line the end of a heredoc";
    tera("FROM a\nRUN <<EOF\n{{ MY_OWN }}\nUSER root\nEOF\n").args("-D MY_OWN=EOF").refuses([ends]);
    tera("FROM a\nRUN <<{{ MY_OWN }}\nx\n{{ MY_OWN }}\n")
        .args("-D MY_OWN=EOF")
        .stdout("FROM a\nRUN <<EOF\nx\nEOF\n");
    tera("FROM a\nRUN x \\\n  {{ MY_OWN }} \\\n  && y\n")
        .arg("-D")
        .arg("MY_OWN=")
        .stdout("FROM a\nRUN x \\\n   \\\n  && y\n");
    tera("{{ MY_OWN }}\nFROM a\n")
        .arg("-D")
        .arg("MY_OWN=# syntax=evil/frontend")
        .refuses(["Dockerfile.tera:1:1: error: this value would make the head of the file a comment"]);
    tera("FROM a\n{{ MY_OWN }}")
        .arg("-D")
        .arg("MY_OWN=a\nRUN evil")
        .refuses(["-D: error: the value of MY_OWN holds a line break"]);
}

/// An archive of these files, as GNU tar makes it.
fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let output =
        Command::new("tar").args(["-c", "--sort=name", "-C"]).arg(folder.path()).arg(".").output().unwrap();
    assert!(output.status.success());
    output.stdout
}

#[cfg(unix)]
#[test]
fn in_an_archive() {
    let plain = [
        ("Dockerfile.tera", "FROM {{ arch.slug }}\n{% for a in [1, 2] %}RUN {{ a }}\n{% endfor %}"),
        ("src/a", "b"),
    ];
    let run = Test::new().args("resolve -d raspberrypi3").stdin(archive(&plain)).ok();
    let text = String::from_utf8_lossy(&run.stdout);
    assert!(text.contains("FROM armv7hf\nRUN 1\nRUN 2\n"), "{text}");
    // The template itself passes too.
    assert!(text.contains("FROM {{ arch.slug }}"));

    let refused = |files: &[(&str, &str)], args: &str, pieces: &[&str]| {
        let output = Command::new("bash")
            .args(["-c", &format!("\"$0\" resolve -d raspberrypi3 {args} > /dev/null")])
            .arg(env!("CARGO_BIN_EXE_dtpl"))
            .stdin(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .and_then(|mut child| {
                use std::io::Write as _;
                child.stdin.take().unwrap().write_all(&archive(files)).ok();
                child.wait_with_output()
            })
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        for piece in pieces {
            assert!(stderr.contains(piece), "{piece} is not in {stderr}");
        }
    };
    refused(
        &[("Dockerfile.tera", "FROM a\n{% include \"x.part\" %}"), ("x.part", "RUN x")],
        "",
        &["Dockerfile.tera:2:13: error: a template in an archive cannot include files", "dtpl render"],
    );
    refused(&[("Dockerfile.tera", "FROM {{ nothing }}\n")], "", &["Dockerfile.tera:1:9: error: `nothing`"]);
    refused(
        &[("Dockerfile.tera", "FROM a\n"), ("Dockerfile.template", "FROM b\n")],
        "",
        &["Dockerfile.template and Dockerfile.tera are both here"],
    );
    refused(&[("Dockerfile.tera", "FROM a\n")], "--compat balena", &["knows no Tera templates"]);
}

#[test]
fn no_error_of_the_engine_holds_a_value() {
    for (template, says) in [
        ("FROM {{ base_image(stack=XX) }}", "there is no official image of the name given here"),
        ("FROM {{ base_image(distro=XX) }}", "there is no distribution of the name given here"),
        (
            "FROM {{ base_image(stack=\"python\", version=XX) }}",
            "there is no maintained official image of python in the version given here on debian for linux/arm/v7",
        ),
        ("{{ device | get(key=XX) }}", "this cannot be evaluated"),
        ("{{ 1.5 | round(method=XX) }}", "this cannot be evaluated"),
        ("{{ XX | int }}", "this cannot be evaluated"),
        ("{{ XX | float }}", "this cannot be evaluated"),
        ("{{ [device] | sort(attribute=XX) }}", "this cannot be evaluated"),
        ("{{ [device] | group_by(attribute=XX) }}", "a value does not have the attribute to group by"),
        ("{{ XX - 1 }}", "this cannot be evaluated"),
    ] {
        for secret in ["S3cret", "S3-cr et `S3` x\u{e9}y S3", "./S3,cr`et", "S3.S3 (S3) S3:"] {
            let run = tera(template).args("-D").arg(format!("XX={secret}")).refuses([]);
            assert!(!run.stderr.contains("S3") && !run.stderr.contains("cr"), "{}", run.stderr);
            if secret == "S3cret" {
                run.says(&[says]);
            }
        }
    }
    for (template, says) in [
        ("{{ XX | int ** 127 }}", "this cannot be evaluated"),
        ("{{ 5 | int(base=XX | int) }}", "this cannot be evaluated"),
    ] {
        let run = tera(template).args("-D XX=7654321").refuses([says]);
        assert!(!run.stderr.contains("7654321"), "{}", run.stderr);
    }
}

#[test]
fn an_empty_value_joins_no_lines() {
    let joins = "error: this value would join this line with the next";
    for (value, template) in [
        ("XX=", "FROM a\nRUN x \\{{ XX }}\nRUN y\n"),
        ("XX= ", "FROM a\nRUN x \\{{ XX | trim }}\nRUN y\n"),
        ("XX=", "FROM a\nRUN x \\{{ XX }}{% if true %}{% endif %}{{ XX }}{# #}\nRUN y\n"),
        ("XX=", "FROM a\nRUN {{ XX }} x{{ XX }} \\{{ XX }}\nRUN y\n"),
    ] {
        let run = tera(template).args("-D").arg(value).refuses(["Dockerfile.tera:2:", joins]);
        assert!(run.stderr.contains("^^^^^^^^"), "{}", run.stderr);
    }
    let empty =
        "{{ XX }}FROM {{ XX }}a\nRUN {{ XX }}\\\n x{{ XX }}\nRUN {{ XX }}{{ XX }}\n{{ XX }}\nRUN y{{ XX }}";
    tera(empty).args("-D XX=").stdout("FROM a\nRUN \\\n x\nRUN \n\nRUN y");
}
