//! `dtpl render`, from outside.

mod common;

use common::Test;

#[test]
fn replaces_the_standard_variables() {
    Test::template(
        "FROM balenalib/%%BALENA_MACHINE_NAME%%-python\nRUN %%RESIN_ARCH%% %%BALENA_ARCH%% %%RESIN_MACHINE_NAME%% %%BALENA_SERVICE_NAME%%\n",
    )
    .stdout("FROM balenalib/raspberrypi3-python\nRUN armv7hf armv7hf raspberrypi3 main\n")
    .quietly();
}

#[test]
fn an_alias_names_the_device_type() {
    let template = "FROM %%BALENA_MACHINE_NAME%%\n";
    Test::new().args("render --device-type xx -").refuses(["--device: error"]);
    Test::new().args("render --deviceType=xx -").refuses(["--device: error"]);
    for name in ["nuc", "intel-nuc"] {
        for flag in ["-d", "--device", "--device-type", "--deviceType"] {
            let test = Test::new().file("Dockerfile.template", template);
            test.args("render").arg(flag).arg(name).stdout("FROM intel-nuc\n");
        }
    }
}

#[test]
fn all_unknown_placeholders_are_reported_in_order() {
    let run = Test::template("FROM %%BALENA_MACHNE_NAME%%\nRUN %%MY_OWN%%\n  # %%BALENA_APP_NAME%%\n")
        .refuses([
            "Dockerfile.template:1:6: error: unknown placeholder %%BALENA_MACHNE_NAME%%",
            "1 | FROM %%BALENA_MACHNE_NAME%%",
            "^^^^^^^^^^^^^^^^^^^^^^",
            "did you mean `BALENA_MACHINE_NAME`?",
            "Dockerfile.template:2:5: error: unknown placeholder %%MY_OWN%%",
            "-D MY_OWN=VALUE",
            "Dockerfile.template:3:5: error: unknown placeholder %%BALENA_APP_NAME%%",
            "--fleet",
        ]);
    assert_eq!(run.stderr.matches("error:").count(), 3);
}

#[test]
fn columns_count_characters() {
    Test::template("RUN caf\u{e9} \u{1F980} %%XX%%\n").refuses(["Dockerfile.template:1:12: error"]);
}

#[test]
fn defines_add_and_override() {
    Test::template("FROM %%BALENA_ARCH%%\nENV %%MY_OWN%%\n")
        .args("-D MY_OWN=a=b --define BALENA_ARCH=zx81 -DMORE=1 --define=EVEN_MORE=2")
        .stdout("FROM zx81\nENV a=b\n")
        .says(&["-D: warning: BALENA_ARCH is given here and differs from `armv7hf`"]);
}

#[test]
fn an_env_file_gives_variables_that_the_command_line_overrides() {
    Test::template("ENV %%AA%% %%BB%% %%CC%%\n")
        .file("vars", "# note\nexport AA='x #y'\nBB=\"say \\\"hi\\\"\"  # note\r\n\nCC = plain value # note\nlower_1=x\n")
        .args("--env-file vars -D CC=cli")
        .stdout("ENV x #y say \"hi\" cli\n")
        .quietly();
}

#[test]
fn fleet_and_service_have_names() {
    Test::template("ENV %%BALENA_APP_NAME%%/%%BALENA_SERVICE_NAME%%\n")
        .args("--fleet kiosk-eu --service web")
        .stdout("ENV kiosk-eu/web\n");
}

#[test]
fn the_registrys_own_names_for_an_arch() {
    let template = "%%DTPL_PLATFORM%% %%DTPL_DOCKER_ARCH%% %%DTPL_DEBIAN_ARCH%% %%DTPL_ALPINE_ARCH%% \
                    %%DTPL_UNAME_MACHINE%% %%DTPL_GOARCH%% [%%DTPL_GOARM%%] %%DTPL_NODE_ARCH%% %%DTPL_RUST_TARGET%%\n";
    Test::template(template)
        .stdout("linux/arm/v7 arm32v7 armhf armv7 armv7l arm [7] armv7l armv7-unknown-linux-gnueabihf\n");
    Test::new()
        .args("render -d nuc -")
        .stdin(template)
        .stdout("linux/amd64 amd64 amd64 x86_64 x86_64 amd64 [] x64 x86_64-unknown-linux-gnu\n");
    Test::template("FROM %%DTPL_PLATFORM%%\n")
        .args("--compat balena")
        .refuses(["1:6: error: unknown placeholder %%DTPL_PLATFORM%%", "the project is for balena alone"]);
    Test::new()
        .args("render -d ts7700 -")
        .stdin("RUN %%DTPL_NODE_ARCH%%\n")
        .refuses(["<stdin>:1:5: error", "arch `armv5e` has none"]);
}

#[test]
fn an_arch_alone_or_for_an_unknown_device() {
    Test::new().args("render -A arm64 -").stdin("FROM %%BALENA_ARCH%%\n").stdout("FROM aarch64\n");
    Test::new()
        .args("render -A armv7hf -")
        .stdin("FROM %%BALENA_MACHINE_NAME%%\n")
        .refuses(["1:6: error", "--device SLUG"]);
    Test::new()
        .args("render -d my-board --arch armv7hf -")
        .stdin("FROM %%BALENA_MACHINE_NAME%%-%%BALENA_ARCH%%\n")
        .stdout("FROM my-board-armv7hf\n");
    Test::new().args("render -d nuc -A amd64 -").stdin("FROM x\n").stdout("FROM x\n");
    Test::new()
        .args("render -d nuc -A aarch64 -")
        .cannot(["--arch: error: device type `intel-nuc` has arch `amd64`, not `aarch64`"]);
    Test::new().args("render -A armhf -").refuses([
        "`armhf` is an alias of more than one arch",
        "`armv7hf`",
        "`rpi`",
    ]);
}

#[test]
fn an_unknown_device_gets_the_nearest_names() {
    Test::template("").args("--arch").arg("").refuses(["--arch: error: unknown arch"]);
    Test::new()
        .args("render -d rasberrypi3 -")
        .refuses(["--device: error: unknown device type `rasberrypi3`", "did you mean `raspberrypi3`"]);
    Test::new()
        .env("DTPL_DEVICE", "zzz")
        .args("render -")
        .refuses(["environment variable DTPL_DEVICE: error"]);
    Test::new().args("render -").cannot(["no device given: use -d SLUG"]);
}

#[test]
fn the_preferred_dockerfile_is_taken() {
    let all = ["Dockerfile.raspberrypi3", "Dockerfile.armv7hf", "Dockerfile.template", "Dockerfile"];
    for first in 0..all.len() {
        let mut test =
            Test::new().file("Dockerfile.intel-nuc", "FROM other\n").file("Dockerfile.amd64", "FROM other\n");
        for name in &all[first..] {
            test = test.file(name, format!("FROM {name} %%BALENA_ARCH%%\n"));
        }
        let arch = if all[first] == "Dockerfile" { "%%BALENA_ARCH%%" } else { "armv7hf" };
        test.args("render -d raspberrypi3").stdout(format!("FROM {} {arch}\n", all[first]));
    }
    Test::new().args("render -d raspberrypi3").refuses([
        ".: error: no Dockerfile here",
        "Dockerfile.raspberrypi3, Dockerfile.armv7hf, Dockerfile.template, Dockerfile",
    ]);
}

#[test]
fn a_named_dockerfile_of_a_project() {
    let project = || {
        Test::new()
            .file("docker/app", "FROM plain %%BALENA_ARCH%%\n")
            .file("docker/app.template", "FROM template %%BALENA_ARCH%%\n")
            .file("Dockerfile.template", "FROM other\n")
            .args("render -d raspberrypi3 -f")
    };
    project().arg("docker/app").stdout("FROM template armv7hf\n");
    project().arg("./docker//app.template").stdout("FROM template armv7hf\n");
    project().file("docker/app.armv7hf", "FROM arch\n").arg("docker/app").stdout("FROM arch\n");
    project().arg("docker/none").refuses(["no Dockerfile here", "docker/none.raspberrypi3"]);
    for outside in ["../x", "/etc/passwd", "docker/../../x", ".", "./"] {
        project()
            .arg(outside)
            .refuses([&*format!("--file: error: `{outside}` is no Dockerfile of the project")]);
    }
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_project_is_refused() {
    let test = Test::new().args("render -d nuc");
    std::os::unix::fs::symlink("/etc/passwd", test.path().join("Dockerfile.template")).unwrap();
    test.refuses(["Dockerfile.template: error: a symbolic link leads out of the project"]);
}

#[cfg(unix)]
#[test]
fn one_line_of_json() {
    let run = Test::template("FROM %%BALENA_MACHINE_NAME%%\n").args("--format json --fleet kiosk").ok();
    let value: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    let expected = serde_json::json!({
        "device": "raspberrypi3", "arch": "armv7hf", "platform": "linux/arm/v7", "fleet": "kiosk",
        "service": "main", "source": "Dockerfile.template", "name": "Dockerfile",
        "sha256": "checked below",
        "dockerfile": "FROM raspberrypi3\n",
    });
    let mut got = value.clone();
    // The digest is that of the Dockerfile that sha256sum sees.
    got["sha256"] = expected["sha256"].clone();
    assert_eq!(got, expected);
    assert_eq!(run.text().lines().count(), 1);
    assert_eq!(value["sha256"].as_str().unwrap(), sha256sum(b"FROM raspberrypi3\n"));
    Test::template(b"RUN caf\xe9\n")
        .args("--format json")
        .refuses(["Dockerfile.template:1:8: error: JSON cannot hold"]);
}

#[cfg(unix)]
fn sha256sum(bytes: &[u8]) -> String {
    use std::io::Write;
    let mut child = std::process::Command::new("sha256sum")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    let output = child.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap()[..64].to_owned()
}

#[test]
fn check_shows_how_the_written_file_differs() {
    let template = "FROM %%BALENA_ARCH%%\nRUN a\n";
    let run = Test::template(template)
        .file("Dockerfile", "FROM amd64\nRUN a\n")
        .args("-o Dockerfile --check")
        .run();
    assert_eq!(run.status, 1);
    assert_eq!(
        run.text(),
        "--- a/Dockerfile\n+++ b/Dockerfile\n@@ -1,2 +1,2 @@\n-FROM amd64\n+FROM armv7hf\n RUN a\n"
    );
    Test::template(template)
        .file("Dockerfile", "FROM armv7hf\nRUN a\n")
        .args("-o Dockerfile --check")
        .stdout("");
    let missing = Test::template(template).args("-o Dockerfile --check").run();
    assert_eq!(missing.status, 1);
    assert!(
        missing.text().starts_with("--- /dev/null\n+++ b/Dockerfile\n@@ -0,0 +1,2 @@\n"),
        "{}",
        missing.text()
    );
    Test::template(template).args("--check").cannot(["--output"]);
}

#[test]
fn variables_mirror_flags_and_nothing_else_is_read() {
    Test::new()
        .file("Dockerfile.template", "FROM %%BALENA_ARCH%%:%%BALENA_APP_NAME%%\n")
        .args("render")
        .env("DTPL_DEVICE", "nuc")
        .env("DTPL_FLEET", "f")
        .stdout("FROM amd64:f\n");
    Test::new()
        .file("Dockerfile.template", "FROM %%BALENA_ARCH%%\n")
        .args("render -d raspberrypi3")
        .env("DTPL_DEVICE", "nuc")
        .stdout("FROM armv7hf\n");
    let yields = Test::template("FROM %%BALENA_ARCH%%\n").env("DTPL_ARCH", "amd64");
    yields.stdout("FROM armv7hf\n");
    // On the command line, an arch alone is for no device in particular.
    let template =
        || Test::new().file("Dockerfile.template", "FROM %%BALENA_ARCH%%\n").env("DTPL_DEVICE", "nuc");
    template().args("render -A armv7hf").stdout("FROM armv7hf\n");
    template().args("render -A amd64").stdout("FROM amd64\n");
    template()
        .args("render")
        .env("DTPL_ARCH", "armv7hf")
        .cannot(["`intel-nuc` has arch `amd64`, not `armv7hf`"]);
    Test::template("FROM x\n")
        .args("-o - --check")
        .cannot(["--check: error: there is nothing to compare with"]);
    Test::new().file("-/x", "").args("render -d nuc -").stdin("FROM x\n").stdout("FROM x\n");
    let comments = Test::template("[%%AA%%] [%%BB%%] [%%CC%%]\n").args("--env-file e");
    comments.file("e", "AA= # none\nBB=x\t# c #d\nCC=a#b\n").stdout("[] [x] [a#b]\n");
    // A flag that means something else in another command has no variable.
    let flags = [("DTPL_CHECK", "1"), ("DTPL_FORMAT", "json"), ("DTPL_OUTPUT", "out"), ("DTPL_WRITE", "1")];
    for (name, value) in flags {
        Test::template("FROM x\n").env(name, value).stdout("FROM x\n");
    }
    for (name, value) in [("DTPL_STRICT", "1"), ("DTPL_STRICT", "yes"), ("DTPL_STRICT", "true")] {
        Test::template("RUN %%arch%%\n").env(name, value).refuses(["1:5: error"]);
    }
    Test::template("FROM %%BALENA_RELEASE_HASH%%\n").env("BALENA_RELEASE_HASH", "x").refuses(["1:6: error"]);
}

#[test]
fn quiet_and_verbose() {
    Test::template("RUN %%arch%%\n").arg("-q").stdout("RUN %%arch%%\n").quietly();
    Test::template("RUN\n")
        .arg("-v")
        .stdout("RUN\n")
        .says(&["rendering Dockerfile.template for raspberrypi3"]);
}

#[test]
fn an_overlay_adds_a_device_type_and_an_arch() {
    Test::new()
        .file("my.yaml", "arches:\n  riscv64: {platform: linux/riscv64, debian: riscv64}\ndevice_types:\n  star-five: {arch: riscv64, aliases: [visionfive]}\n  raspberrypi3: {aliases: [pi-three]}\n")
        .args("render --registry my.yaml -d visionfive -")
        .stdin("FROM %%BALENA_MACHINE_NAME%% %%DTPL_PLATFORM%% %%DTPL_DEBIAN_ARCH%%\n")
        .stdout("FROM star-five linux/riscv64 riscv64\n");
}

#[test]
fn color_only_when_it_is_wanted() {
    let test = || Test::template("RUN %%XX%%\n");
    assert!(!test().refuses(["error"]).stderr.contains('\u{1b}'));
    // The builder of cases refuses escape characters in stderr, so this one runs by itself.
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("Dockerfile.template"), "RUN %%XX%%\n").unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_dtpl"))
        .args(["render", "-d", "nuc", "--color", "always"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(output.stderr.contains(&0x1b));
}

#[test]
fn a_command_says_of_itself_what_the_list_of_commands_says() {
    let help = Test::new().arg("--help").ok();
    let headings = help.text().lines().filter(|line| !line.starts_with(' ') && line.ends_with(':'));
    assert_eq!(headings.collect::<Vec<_>>(), ["Commands:", "Options:", "Messages:"]);
    let list = help.text().split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    assert!(list.lines().count() >= 4);
    for line in list.lines() {
        let (command, about) = line.trim().split_once(' ').unwrap();
        if command == "help" {
            continue;
        }
        let own = Test::new().args(command).arg("--help").ok();
        assert_eq!(own.text().lines().next().unwrap(), about.trim(), "{command}");
    }
}

#[test]
fn completions_and_the_manual_page() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = Test::new().args("completions").arg(shell).ok();
        assert!(run.text().contains("render"), "{shell}");
    }
    let page = Test::new().arg("man").ok();
    for word in ["dtpl render\n", ".SH \"DTPL DEVICES\"", "\\-\\-device", "\\-\\-strict"] {
        assert!(page.text().contains(word), "{word}");
    }
    // It refers to no page that is not there.
    assert!(!page.text().contains("(1)"), "{}", page.text());
}

#[test]
fn each_command_has_a_manual_page() {
    let run = Test::new().args("man -o pages").writes().ok();
    let page = |name: &str| std::fs::read_to_string(run.folder.join("pages").join(name)).unwrap();
    let whole = page("dtpl.1");
    let references = whole.lines().filter_map(|line| line.strip_suffix("(1)"));
    let names: Vec<String> = references.map(|name| name.replace('\\', "")).collect();
    let help = Test::new().arg("--help").ok();
    let list = help.text().split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    // All but `help`.
    let commands = list.lines().count() - 1;
    assert_eq!(names.len(), commands, "{whole}");
    for name in names {
        let own = page(&format!("{name}.1"));
        let title = format!(".TH {name} 1  \"dtpl {}\"", env!("CARGO_PKG_VERSION"));
        assert!(own.contains(&title), "{own}");
        assert!(own.contains(".BR dtpl (1)"), "{own}");
    }
    assert_eq!(std::fs::read_dir(run.folder.join("pages")).unwrap().count(), commands + 1);
}

#[test]
fn help_of_a_command_has_two_ways() {
    for command in ["render", "batch", "man"] {
        let asked = Test::new().args("help").arg(command).ok();
        assert_eq!(asked.text(), Test::new().arg(command).arg("--help").ok().text());
    }
    assert!(Test::new().arg("help").ok().text().contains("`dtpl help COMMAND` explains a command"));
    Test::new().args("help rendr").cannot(["unrecognized subcommand 'rendr'"]);
}

#[test]
fn a_plain_dockerfile_is_not_a_template() {
    let run = Test::new()
        .file("Dockerfile", "FROM x\nRUN date +%%d% && echo '<% a %>' %%BALENA_ARCH%%\n")
        .args("render -d raspberrypi3")
        .stdout("FROM x\nRUN date +%%d% && echo '<% a %>' %%BALENA_ARCH%%\n");
    run.says(&[
        "Dockerfile:2:34: warning: %%BALENA_ARCH%% is not replaced in a plain Dockerfile",
        "Dockerfile.template",
    ]);
    assert_eq!(run.stderr.matches("warning").count(), 1);
}
