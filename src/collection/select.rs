//! `--folder`: which part of a collection is run.

use super::{Collection, Folder, Node, Step};

/// A folder or request that `--folder` names and the collection has not.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Unable to find a folder or request: {}", .0.join(", "))]
pub struct UnknownFolder(pub Vec<String>);

impl Collection {
    /// The steps below the folders or requests that `names` names by id or name, in the order of
    /// the collection; all steps where `names` is empty. Of several with one name the shallowest
    /// counts, as with newman.
    pub fn selected_steps(&self, names: &[String]) -> Result<Vec<Step>, UnknownFolder> {
        let steps = self.steps();
        if names.is_empty() {
            return Ok(steps);
        }
        let (found, unknown): (Vec<_>, Vec<_>) = names
            .iter()
            .map(|name| (name, self.find(name)))
            .partition(|(_, id)| id.is_some());
        if !unknown.is_empty() {
            return Err(UnknownFolder(
                unknown.into_iter().map(|(name, _)| name.clone()).collect(),
            ));
        }
        let ids: Vec<String> = found.into_iter().filter_map(|(_, id)| id).collect();
        Ok(steps
            .into_iter()
            .filter(|step| {
                ids.contains(&step.item.id) || step.folders.iter().any(|id| ids.contains(id))
            })
            .collect())
    }

    /// The id of the shallowest folder or item with this id or name.
    fn find(&self, name: &str) -> Option<String> {
        let mut level: Vec<&Folder> = vec![&self.root];
        while !level.is_empty() {
            for node in level.iter().flat_map(|folder| &folder.nodes) {
                let (id, own_name) = match node {
                    Node::Folder(folder) => (&folder.id, &folder.name),
                    Node::Item(item) => (&item.id, &item.name),
                };
                if id == name || own_name == name {
                    return Some(id.clone());
                }
            }
            level = level
                .iter()
                .flat_map(|folder| &folder.nodes)
                .filter_map(|node| match node {
                    Node::Folder(folder) => Some(folder),
                    Node::Item(_) => None,
                })
                .collect();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collection::Document;

    #[test]
    fn folders_and_requests_are_selected_in_the_order_of_the_collection() {
        let text = br#"{"info":{"name":"C"},"item":[
            {"name":"F","item":[{"name":"a","request":"u"},{"name":"G","item":[{"name":"b","request":"u"}]}]},
            {"name":"c","request":"u"},{"name":"G","item":[{"name":"d","request":"u"}]}]}"#;
        let collection = Collection::read(&Document::parse("c", text).unwrap()).unwrap();
        let names = |selected: &[&str]| {
            let selected: Vec<_> = selected.iter().map(ToString::to_string).collect();
            collection.selected_steps(&selected).map(|steps| {
                steps
                    .iter()
                    .map(|step| step.item.name.clone())
                    .collect::<String>()
            })
        };
        assert_eq!(names(&[]).unwrap(), "abcd");
        assert_eq!(names(&["c", "F"]).unwrap(), "abc");
        assert_eq!(names(&["G"]).unwrap(), "d", "the shallowest of two");
        assert_eq!(
            names(&["c", "x", "y"]).unwrap_err(),
            UnknownFolder(vec!["x".into(), "y".into()])
        );
    }
}
