//! Where the node works: on the practice network, or on a coordinator of the owner's choice.

use app::config::{Config, ConfigError, CoordinatorSetting, FILE};
use app::live::{self, LiveError};

use super::Start;
use crate::dto::Place;

/// What a wish to work elsewhere comes to.
pub(super) struct Move {
    /// Where, in words for the question; `None` for the practice network on this computer.
    pub(super) address: Option<String>,
    setting: Option<CoordinatorSetting>,
}

impl Start {
    /// What is set for a node on a real Grid.
    pub(super) fn config(&self) -> Result<Config, ConfigError> {
        Config::load(&self.live.join(FILE))
    }

    /// Where the node works now.
    pub(super) fn place(&self) -> Place {
        if !self.settings.live() {
            return Place::Practice;
        }
        match self.config() {
            Ok(config) => match config.coordinator {
                // With another address for workers it is not the Grid's own, whatever its pages are.
                CoordinatorSetting { api, socket, .. } if api != the_grid() || socket.is_some() => {
                    Place::Elsewhere { address: socket.unwrap_or(api) }
                }
                CoordinatorSetting { .. } => Place::Grid,
            },
            Err(_) => Place::Grid,
        }
    }

    /// Checks a place that the owner wants. Nothing is changed yet.
    pub(super) fn check(&self, wanted: Place) -> Result<Move, LiveError> {
        let api = match &wanted {
            Place::Practice => return Ok(Move { address: None, setting: None }),
            Place::Grid => the_grid(),
            Place::Elsewhere { address } => address.clone(),
        };
        let before = self.config()?.coordinator;
        // What belongs to the other coordinator's workers' address is not taken along.
        let same = before.api == api && wanted != Place::Grid;
        let setting = if same { before } else { CoordinatorSetting { api, socket: None, extra_ca: None } };
        let endpoint = live::coordinator(&setting)?;
        Ok(Move { address: Some(endpoint.api_base().to_owned()), setting: Some(setting) })
    }

    /// Writes down where the node works from its next start on.
    pub(super) fn keep(&self, place: &Move) -> Result<(), LiveError> {
        if let Some(setting) = &place.setting {
            setting.save(&self.live.join(FILE))?;
        }
        let kept = self.settings.set_live(place.setting.is_some());
        kept.map_err(|error| ConfigError::File(self.home.join("window.json"), error))?;
        Ok(())
    }
}

/// The address of the Grid itself, as it is built in.
pub(crate) fn the_grid() -> String {
    Config::default().coordinator.api
}
