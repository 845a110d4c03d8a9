//! Names and identifiers as they appear on the wire.

use std::fmt;

/// A job's id, exactly as the coordinator sent it: the receipt signs these bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(String);

impl JobId {
    /// Takes the id as received.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as received.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name a model is advertised under. Compared exactly, case included.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModelId(String);

impl ModelId {
    /// A model's name on the Grid.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The name as advertised.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A worker's name: unique on the whole Grid and owned for good by the account that used it first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WorkerName(String);

/// Why a text is no worker name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WorkerNameError {
    /// Nothing but blanks.
    #[error("a worker name must not be empty")]
    Empty,
    /// The coordinator's column holds 120 characters.
    #[error("a worker name has at most 120 characters, this one has {0}")]
    TooLong(usize),
    /// Blanks at the ends or control characters inside.
    #[error("a worker name must not begin or end with blanks or hold control characters")]
    NotPlain,
}

impl WorkerName {
    /// Checks a name by the coordinator's rules, since it checks little itself and then drops the socket unexplained.
    pub fn new(name: impl Into<String>) -> Result<Self, WorkerNameError> {
        let name = name.into();
        let length = name.chars().count();
        if name.trim().is_empty() {
            Err(WorkerNameError::Empty)
        } else if length > 120 {
            Err(WorkerNameError::TooLong(length))
        } else if name.trim() != name || name.chars().any(char::is_control) {
            Err(WorkerNameError::NotPlain)
        } else {
            Ok(Self(name))
        }
    }

    /// The name as registered.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WorkerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{WorkerName, WorkerNameError};

    #[test]
    fn names_the_coordinator_cannot_store_are_refused_here() {
        let check = |name: &str, expected: Result<(), WorkerNameError>| {
            assert_eq!(WorkerName::new(name).map(|_| ()), expected, "{name:?}");
        };
        check("rig-1", Ok(()));
        check("máquina-🚀", Ok(()));
        check(&"x".repeat(120), Ok(()));
        check(&"x".repeat(121), Err(WorkerNameError::TooLong(121)));
        check("  ", Err(WorkerNameError::Empty));
        check(" rig", Err(WorkerNameError::NotPlain));
        check("rig\n1", Err(WorkerNameError::NotPlain));
    }
}
