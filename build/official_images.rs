//! Reads `base-images.yaml` and `gone-tags.txt`, and writes them as tables of numbers and texts: what is looked up is
//! found by number, and nothing is parsed when the program starts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};

use crate::date::Date;
use crate::image_reader::{FileReader, Named};
use crate::source::Source;
use crate::yaml::{self, Dialect, Node};

/// `base-images.yaml`.
#[derive(Default)]
struct File {
    stacks: Named<Vec<String>>,
    stack_aliases: Named<String>,
    snapshot: String,
    on: Named<String>,
    follows: Named<Named<String>>,
    ends: Named<Vec<String>>,
    bases: Named<String>,
    images: Named<Image>,
}

#[derive(Default)]
struct Image {
    products: String,
    /// Platforms, and the tags of the same builds.
    builds: Vec<(String, Vec<String>)>,
}

/// Tags that were there until a day, or that lost platforms on it.
struct Gone {
    is_lost: bool,
    version: String,
    variants: Vec<String>,
    day: Date,
    platforms: String,
}

/// Writes the tables into a folder.
pub fn write(source: &Arc<Source>, gone: &str, out: &Path) -> anyhow::Result<()> {
    let mut file = read(source)?;
    file.images.sort_by(|a, b| a.0.cmp(&b.0));
    let gone = read_gone(gone)?;
    let names = file.images.iter().map(|(name, _)| name).chain(gone.keys());
    let names: BTreeSet<&String> = names.collect();
    let current =
        file.images.iter().flat_map(|(_, image)| image.builds.iter().map(|(platforms, _)| platforms));
    let of_gone = gone.values().flatten().map(|gone| &gone.platforms);
    let sets: BTreeSet<&String> = current.chain(of_gone).collect();
    let set =
        |platforms: &String| sets.iter().position(|known| *known == platforms).expect("collected above");

    let (mut images, mut builds, mut first_tags, mut tags) =
        (String::new(), Vec::new(), Vec::new(), Vec::new());
    let versions = unique(gone.values().flatten().map(|gone| &gone.version));
    let variants = unique(gone.values().flatten().flat_map(|gone| &gone.variants));
    let lists: BTreeSet<&Vec<String>> = gone.values().flatten().map(|gone| &gone.variants).collect();
    let list_at: BTreeMap<&Vec<String>, usize> =
        lists.iter().enumerate().map(|(at, list)| (*list, at)).collect();
    let mut rows: Vec<u8> = Vec::new();
    let row_of = |gone: &Gone, rows: &mut Vec<u8>| -> anyhow::Result<()> {
        rows.extend(number(at(&versions, &gone.version))?);
        rows.extend(number(list_at[&gone.variants])?);
        rows.extend(gone.day.bits().to_le_bytes());
        rows.push(u8::try_from(set(&gone.platforms)).context("more than 256 sets of platforms")?);
        Ok(())
    };
    let empty = Image::default();
    for name in names {
        let image = file.images.iter().find(|(known, _)| known == name).map_or(&empty, |(_, image)| image);
        let (first_build, first_row) = (builds.len(), rows.len() / ROW_BYTES);
        for (platforms, of_build) in &image.builds {
            builds.push(u8::try_from(set(platforms)).context("more than 256 sets of platforms")?);
            first_tags.push(tags.len());
            tags.extend(of_build.iter().cloned());
        }
        let mut of_image: Vec<&Gone> = gone.get(name).into_iter().flatten().collect();
        of_image.sort_by_key(|gone| (gone.is_lost, at(&versions, &gone.version)));
        let lost = of_image.iter().filter(|gone| gone.is_lost).count();
        for gone in of_image {
            row_of(gone, &mut rows)?;
        }
        let (past, end) = (rows.len() / ROW_BYTES - lost, rows.len() / ROW_BYTES);
        writeln!(
            images,
            "Image {{ name: {name:?}, products: {:?}, builds: [{first_build}, {}], gone: [{first_row}, {past}], lost: [{past}, {end}] }},",
            image.products,
            builds.len(),
        )?;
    }
    first_tags.push(tags.len());

    let mut text = String::new();
    let day = Date::parse(&file.snapshot).context("`snapshot` is no day")?;
    writeln!(text, "pub(super) const SNAPSHOT: Date = Date::from_bits({});", day.bits())?;
    let quoted = |items: &[String]| format!("&{items:?}");
    pairs("STACKS", "&[&str]", file.stacks.iter().map(|(name, images)| (name, quoted(images))), &mut text)?;
    let debug = |(name, value): &(String, String)| format!("({name:?}, {value:?})");
    for (table, items) in
        [("STACK_ALIASES", &file.stack_aliases), ("DISTRO_OF_IMAGE", &file.on), ("BASES", &file.bases)]
    {
        let items: Vec<String> = items.iter().map(debug).collect();
        writeln!(text, "pub(super) static {table}: &[(&str, &str)] = &[{}];", items.join(", "))?;
    }
    let follows = file.follows.iter().map(|(image, tags)| (image, format!("&{tags:?}")));
    pairs("FOLLOWS", "&[(&str, &str)]", follows, &mut text)?;
    let ends = file.ends.iter().map(|(product, lines)| (product, format!("{:?}", lines.join("\n"))));
    pairs("ENDS", "&str", ends, &mut text)?;
    writeln!(text, "static PLATFORMS: &[&str] = &{:?};", sets.iter().collect::<Vec<_>>())?;
    writeln!(text, "pub(super) static IMAGES: &[Image] = &[\n{images}];")?;
    std::fs::write(out.join("official_images.rs"), text)?;

    let folder = out.join("official_images");
    std::fs::create_dir_all(&folder)?;
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes);
    put("builds", &builds)?;
    put("build_tags", &numbers(first_tags)?)?;
    put("gone", &rows)?;
    let items = lists.iter().flat_map(|list| list.iter()).map(|variant| at(&variants, variant));
    put("lists", &numbers(items)?)?;
    put("list_ends", &ends_of(lists.iter().map(|list| list.len()))?)?;
    for (name, texts) in [("tags", &tags), ("versions", &versions), ("variants", &variants)] {
        put(&format!("{name}.txt"), texts.concat().as_bytes())?;
        put(&format!("{name}_ends"), &ends_of(texts.iter().map(String::len))?)?;
    }
    Ok(())
}

/// The bytes of a row of the tags that are gone: version, list of variants, day, platforms.
const ROW_BYTES: usize = 7;

fn unique<'t>(texts: impl Iterator<Item = &'t String>) -> Vec<String> {
    texts.collect::<BTreeSet<_>>().into_iter().cloned().collect()
}

fn at(texts: &[String], text: &String) -> usize {
    texts.binary_search(text).expect("every text was collected")
}

fn number(number: usize) -> anyhow::Result<[u8; 2]> {
    Ok(u16::try_from(number).context("more than 65,536 texts: the tables need wider numbers")?.to_le_bytes())
}

fn numbers(items: impl IntoIterator<Item = usize>) -> anyhow::Result<Vec<u8>> {
    let all: anyhow::Result<Vec<[u8; 2]>> = items.into_iter().map(number).collect();
    Ok(all?.concat())
}

/// Where each of several pieces ends.
fn ends_of(lengths: impl Iterator<Item = usize>) -> anyhow::Result<Vec<u8>> {
    let (mut end, mut ends) = (0, Vec::new());
    for length in lengths {
        end += length;
        ends.extend(u32::try_from(end)?.to_le_bytes());
    }
    Ok(ends)
}

fn pairs<'n>(
    table: &str,
    of: &str,
    items: impl Iterator<Item = (&'n String, String)>,
    out: &mut String,
) -> std::fmt::Result {
    let items: Vec<String> = items.map(|(name, value)| format!("({name:?}, {value})")).collect();
    writeln!(out, "pub(super) static {table}: &[(&str, {of})] = &[{}];", items.join(", "))
}

fn read_gone(text: &str) -> anyhow::Result<BTreeMap<String, Vec<Gone>>> {
    let mut all: BTreeMap<String, Vec<Gone>> = BTreeMap::new();
    let mut head: Option<(bool, &str, Date, &str)> = None;
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
        let fault = || format!("gone-tags.txt:{}: `{line}`", number + 1);
        if line.starts_with(['=', '-']) {
            let [kind, image, day, platforms] = line.splitn(4, ' ').collect::<Vec<_>>()[..] else {
                bail!(fault())
            };
            head = Some((kind == "-", image, Date::parse(day).with_context(fault)?, platforms));
            continue;
        }
        let (is_lost, image, day, platforms) = head.with_context(fault)?;
        let (version, variants) = line.split_once(' ').with_context(fault)?;
        let variant = |text: &str| if text == "_" { String::new() } else { text.to_owned() };
        let gone = Gone {
            is_lost,
            version: version.to_owned(),
            variants: variants.split(' ').map(variant).collect(),
            day,
            platforms: platforms.to_owned(),
        };
        match all.get_mut(image) {
            Some(of) => of.push(gone),
            None => _ = all.insert(image.to_owned(), vec![gone]),
        }
    }
    Ok(all)
}

fn read(source: &Arc<Source>) -> anyhow::Result<File> {
    let root = yaml::parse(source, Dialect::Strict)?;
    let mut reader = FileReader::new(source);
    let mut file = File::default();
    let fields = ["stacks", "stack_aliases", "snapshot", "on", "follows", "ends", "bases", "images"];
    for (field, node) in reader.yaml.fields(&root, "the catalogue", &fields) {
        match field {
            "stacks" => file.stacks = reader.named(node, FileReader::texts),
            "stack_aliases" => file.stack_aliases = reader.named(node, FileReader::text),
            "snapshot" => file.snapshot = reader.text(node),
            "on" => file.on = reader.named(node, FileReader::text),
            "follows" => {
                file.follows = reader.named(node, |reader, node| reader.named(node, FileReader::text))
            }
            "ends" => file.ends = reader.named(node, FileReader::texts),
            "bases" => file.bases = reader.named(node, FileReader::text),
            _ => file.images = reader.named(node, image),
        }
    }
    if reader.yaml.diagnostics.is_empty() { Ok(file) } else { Err(reader.yaml.diagnostics.into()) }
}

fn image(reader: &mut FileReader, node: &Node) -> Image {
    let mut image = Image::default();
    for (field, node) in reader.yaml.fields(node, "an image", &["products", "builds"]) {
        if field == "products" {
            // Empty where the versions have no known end.
            image.products = node.as_scalar().unwrap_or_default().to_owned();
            continue;
        }
        for item in reader.yaml.items(node, "builds") {
            let [platforms, tags] = &reader.texts(item)[..] else {
                reader.yaml.error(item, "a build is [platforms, tags]");
                continue;
            };
            image.builds.push((platforms.clone(), tags.split(' ').map(str::to_owned).collect()));
        }
    }
    image
}
