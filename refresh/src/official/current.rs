//! `base-images.yaml`: the tags that are there now.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::choices::Choices;
use super::ends::Ends;
use super::library::Images;

const HEAD: &str = "\
# What dtpl knows of the images that a Dockerfile starts from: made by `cargo run -p refresh`, see docs/refresh.md.
# What a person decides stands in data/image-choices.yaml. Compiled in by build.rs; `dtpl images` shows it.
";

/// A list in one line.
fn list<'i>(items: impl IntoIterator<Item = &'i String>) -> String {
    items.into_iter().map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// A text that YAML does not read as something else.
fn quoted(text: &str) -> String {
    format!("{text:?}")
}

pub fn text(date: &str, choices: &Choices, images: &Images, ends: &Ends) -> String {
    let mut out = HEAD.to_owned();
    // Writing into a string cannot fail.
    let _ = write(date, choices, images, ends, &mut out);
    out
}

fn write(date: &str, choices: &Choices, images: &Images, ends: &Ends, out: &mut String) -> std::fmt::Result {
    writeln!(out, "\n# The images that carry a language, the one to prefer first.\nstacks:")?;
    for (stack, images) in &choices.stacks {
        writeln!(out, "  {stack}: [{}]", images.join(", "))?;
    }
    writeln!(out, "\n# Other names of stacks.\nstack_aliases:")?;
    for (alias, stack) in &choices.stack_aliases {
        writeln!(out, "  {alias}: {stack}")?;
    }
    writeln!(out, "\n# The day of the sources.\nsnapshot: {date}")?;
    writeln!(out, "\n# Images that are not on Debian.\non:")?;
    for (image, distro) in &choices.on {
        writeln!(out, "  {image}: {distro}")?;
    }
    writeln!(out, "\n# Tags that follow the release of another.\nfollows:")?;
    for (image, tags) in &choices.follows {
        writeln!(out, "  {image}:")?;
        for (tag, release) in tags {
            writeln!(out, "    {tag}: {release}")?;
        }
    }
    writeln!(
        out,
        "\n# When versions end: version, code name (- where there is none), day; `open` where none is known."
    )?;
    writeln!(out, "ends:")?;
    for (product, releases) in ends {
        let field = choices.field(product);
        writeln!(out, "  # By `{field}`.\n  {product}:")?;
        for release in releases {
            let codename = release.codename.as_deref().unwrap_or("-");
            writeln!(out, "    - {} {codename} {}", quoted(&release.cycle).trim_matches('"'), release.end)?;
        }
    }
    writeln!(
        out,
        "\n# Distributions in the tags of other images: the product, and what stands before a number.\nbases:"
    )?;
    for (distro, base) in &choices.bases {
        let prefix = base.prefix.as_deref().unwrap_or("-");
        writeln!(out, "  {distro}: {} {prefix}", base.product)?;
    }
    writeln!(out, "\n# Platforms, then the tags of the same builds, the fullest first.\nimages:")?;
    for (image, blocks) in images {
        let products: BTreeSet<String> =
            choices.products_of(image).into_iter().filter(|product| ends.contains_key(product)).collect();
        writeln!(out, "  {image}:\n    products: {}", quoted(&list(&products)))?;
        if blocks.is_empty() {
            writeln!(out, "    builds: []")?;
            continue;
        }
        writeln!(out, "    builds:")?;
        for block in blocks {
            writeln!(out, "      - [{}, {}]", quoted(&list(&block.platforms)), quoted(&list(&block.tags)))?;
        }
    }
    Ok(())
}
