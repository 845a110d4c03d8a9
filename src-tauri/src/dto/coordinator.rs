//! Which Grid this node works for.

use serde::{Deserialize, Serialize};

/// Where the node works, and where else it could.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Coordinator {
    /// Where it works now.
    pub now: Place,
    /// The AI Power Grid's own address.
    pub grid: String,
}

/// Which Grid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Place {
    /// The practice network on this computer.
    Practice,
    /// The AI Power Grid.
    Grid,
    /// Another coordinator.
    Elsewhere {
        /// Where. It is checked, and shown by the system's own dialog before it counts.
        address: String,
    },
}

impl Place {
    /// A bare name means the encrypted way, as people write addresses.
    pub(crate) fn whole(self) -> Self {
        match self {
            Self::Elsewhere { address } if !address.contains("://") => {
                Self::Elsewhere { address: format!("https://{}", address.trim()) }
            }
            other @ (Self::Practice | Self::Grid | Self::Elsewhere { .. }) => other,
        }
    }
}
