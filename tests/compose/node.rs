//! YAML as it is written: maps and lists that can be taken apart, and pieces of text at their ends.

/// A node; the text of a leaf is YAML too, in flow style, so that it can hold a whole map.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    Text(String),
    Map(Vec<(String, Node)>),
    List(Vec<Node>),
}

pub fn text(value: &str) -> Node {
    Node::Text(value.to_owned())
}

pub fn map<const N: usize>(entries: [(&str, Node); N]) -> Node {
    Node::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

impl Node {
    /// Puts an entry at the end of a map, or in the place of the one of that name.
    pub fn set(&mut self, key: &str, value: Node) {
        let Node::Map(entries) = self else { panic!("a map is set") };
        match entries.iter_mut().find(|(name, _)| name == key) {
            Some(entry) => entry.1 = value,
            None => entries.push((key.to_owned(), value)),
        }
    }

    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        let Node::Map(entries) = self else { return None };
        entries.iter_mut().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The node at a path of names.
    pub fn at_mut(&mut self, path: &[&str]) -> Option<&mut Node> {
        path.iter().try_fold(self, |node, key| node.get_mut(key))
    }

    /// In block style.
    pub fn block(&self) -> String {
        let mut out = String::new();
        self.write_block(&mut out, 0);
        out
    }

    fn write_block(&self, out: &mut String, indent: usize) {
        let pad = "  ".repeat(indent);
        match self {
            Node::Text(text) => {
                // The lines of a block scalar are moved to where they stand.
                let mut lines = text.lines();
                out.push_str(lines.next().unwrap_or_default());
                for line in lines {
                    *out += &format!("\n{pad}{line}");
                }
                out.push('\n');
            }
            Node::Map(entries) if entries.is_empty() => *out += "{}\n",
            Node::List(items) if items.is_empty() => *out += "[]\n",
            Node::Map(entries) => {
                for (key, value) in entries {
                    *out += &format!("{pad}{key}:");
                    value.write_value(out, indent);
                }
            }
            Node::List(items) => {
                for item in items {
                    *out += &format!("{pad}-");
                    item.write_value(out, indent);
                }
            }
        }
    }

    fn write_value(&self, out: &mut String, indent: usize) {
        let is_block = match self {
            Node::Text(_) => false,
            Node::Map(entries) => !entries.is_empty(),
            Node::List(items) => !items.is_empty(),
        };
        out.push(if is_block { '\n' } else { ' ' });
        self.write_block(out, indent + 1);
    }

    /// In flow style, if no text in it needs lines of its own.
    pub fn flow(&self) -> Option<String> {
        Some(match self {
            Node::Text(text) if text.contains('\n') => return None,
            Node::Text(text) => text.clone(),
            Node::Map(entries) => {
                let mut parts = Vec::new();
                for (key, value) in entries {
                    parts.push(format!("{key}: {}", value.flow()?));
                }
                format!("{{{}}}", parts.join(", "))
            }
            Node::List(items) => {
                let parts: Option<Vec<String>> = items.iter().map(Node::flow).collect();
                format!("[{}]", parts?.join(", "))
            }
        })
    }

    /// How many pieces could be taken out of it.
    pub fn pieces(&self) -> usize {
        match self {
            Node::Text(_) => 0,
            Node::Map(entries) => entries.iter().map(|(_, value)| 1 + value.pieces()).sum(),
            Node::List(items) => items.iter().map(|item| 1 + item.pieces()).sum(),
        }
    }

    /// Takes out the piece of a number, or puts another in its place.
    pub fn change(&mut self, mut number: usize, new: Option<&Node>) {
        let length = match self {
            Node::Text(_) => return,
            Node::Map(entries) => entries.len(),
            Node::List(items) => items.len(),
        };
        for at in 0..length {
            let inner = match self {
                Node::Map(entries) => &mut entries[at].1,
                Node::List(items) => &mut items[at],
                Node::Text(_) => return,
            };
            let size = 1 + inner.pieces();
            match (number, new) {
                (0, Some(new)) => return *inner = new.clone(),
                (0, None) => {
                    match self {
                        Node::Map(entries) => drop(entries.remove(at)),
                        Node::List(items) => drop(items.remove(at)),
                        Node::Text(_) => {}
                    }
                    return;
                }
                _ if number < size => return inner.change(number - 1, new),
                _ => number -= size,
            }
        }
    }
}
