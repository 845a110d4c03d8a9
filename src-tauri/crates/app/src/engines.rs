//! The engines in the settings, as their owner changes them, and the servers that are found beside them.
//!
//! What is changed here is a file; whoever changes it lets the node begin anew, after the jobs in hand.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use engine_link::{AddressError, KNOWN_PORTS, ServerAddress, detect, survey};
use tokio::sync::watch;
use types::ModelId;

use crate::config::{Config, ConfigError, EngineSetSource, EngineSetting, ScheduleSetting};
use crate::live::{self, LiveError};

pub use engine_link::{Found, FoundModel, ServerFault, ServerKind};

/// The engines of one file of settings. Cheap to clone.
#[derive(Clone)]
pub struct Engines(Arc<Shared>);

struct Shared {
    file: PathBuf,
    /// One change of the file at a time.
    writing: Mutex<()>,
    search: watch::Sender<Search>,
}

/// What was found on this computer, and where the owner pointed to.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// The servers.
    pub found: Vec<Found>,
    /// Where there is none that can be used, and why.
    pub faults: Vec<(String, ServerFault)>,
    /// Whether somebody looks now.
    pub searching: bool,
}

/// How an engine serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serving {
    /// The model's name on the Grid, where it is not the source's own.
    pub serve_as: Option<ModelId>,
    /// How many jobs at once.
    pub slots: u8,
    /// Hours with other numbers of slots.
    pub schedule: Vec<ScheduleSetting>,
}

/// Why the engines were not changed. The file is as before.
#[derive(Debug, thiserror::Error)]
pub enum EnginesError {
    /// The file, or what would be written into it.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// What would be written could not serve.
    #[error(transparent)]
    Setting(#[from] LiveError),
    /// There is none at this place of the list any more.
    #[error("there is no such engine")]
    NoSuchEngine,
}

/// Whether an address is one of this computer's own.
pub fn is_here(address: &str) -> Result<bool, AddressError> {
    Ok(ServerAddress::parse(address)?.is_loopback())
}

/// The servers on this computer, at the ports they usually have.
pub async fn here() -> Vec<Found> {
    detect(&KNOWN_PORTS).await
}

impl Engines {
    /// Of this file of settings.
    pub fn of(file: PathBuf) -> Self {
        let (search, _) = watch::channel(Search::default());
        Self(Arc::new(Shared { file, writing: Mutex::new(()), search }))
    }

    /// Those that are set up, in their order.
    pub fn list(&self) -> Result<Vec<EngineSetting>, ConfigError> {
        Ok(Config::load(&self.0.file)?.engines)
    }

    /// What was found, and tells when that changes.
    pub fn search(&self) -> watch::Receiver<Search> {
        self.0.search.subscribe()
    }

    /// Looks for servers on this computer, at the ports they usually have. A search that is on already goes on.
    pub async fn find(&self) {
        if !self.begin_search() {
            return;
        }
        let found = here().await;
        self.0.search.send_modify(|search| {
            // What the owner pointed to stays, unless it was found now.
            search.found.retain(|old| !found.iter().any(|new| new.address == old.address));
            search.found.splice(0..0, found);
            search.searching = false;
        });
    }

    /// Looks at one server that the owner names.
    pub async fn look_at(&self, address: &str) -> Result<(), AddressError> {
        let place = ServerAddress::parse(address)?;
        let looked = survey(&place, None).await;
        self.0.search.send_modify(|search| {
            search.faults.retain(|(old, _)| old != address);
            search.found.retain(|old| old.address != place);
            match looked {
                Ok(found) => search.found.push(found),
                Err(fault) => search.faults.push((address.to_owned(), fault)),
            }
        });
        Ok(())
    }

    /// Adds an engine at the end.
    pub fn add(&self, source: EngineSetSource, serving: Serving) -> Result<(), EnginesError> {
        self.change(|engines| {
            engines.push(setting(source, serving));
            Ok(())
        })
    }

    /// Lets an engine serve in another way.
    pub fn serve(&self, at: usize, serving: Serving) -> Result<(), EnginesError> {
        self.change(|engines| {
            let engine = engines.get_mut(at).ok_or(EnginesError::NoSuchEngine)?;
            *engine = setting(engine.source.clone(), serving);
            Ok(())
        })
    }

    /// Takes an engine out.
    pub fn remove(&self, at: usize) -> Result<(), EnginesError> {
        self.change(|engines| {
            if at >= engines.len() {
                return Err(EnginesError::NoSuchEngine);
            }
            engines.remove(at);
            Ok(())
        })
    }

    fn change(
        &self,
        change: impl FnOnce(&mut Vec<EngineSetting>) -> Result<(), EnginesError>,
    ) -> Result<(), EnginesError> {
        let _alone = self.0.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut engines = self.list()?;
        change(&mut engines)?;
        // Held against the same rules as at a start, so that nothing is written that would not start.
        for engine in &engines {
            live::engine(engine, std::path::Path::new("engine"), Vec::new())?;
        }
        Ok(EngineSetting::save_all(&engines, &self.0.file)?)
    }

    fn begin_search(&self) -> bool {
        self.0.search.send_if_modified(|search| !std::mem::replace(&mut search.searching, true))
    }
}

fn setting(source: EngineSetSource, serving: Serving) -> EngineSetting {
    let Serving { serve_as, slots, schedule } = serving;
    EngineSetting { source, serve_as, slots, schedule }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serving(slots: u8) -> Serving {
        Serving { serve_as: None, slots, schedule: Vec::new() }
    }

    fn server(address: &str) -> EngineSetSource {
        EngineSetSource::Server { address: address.into(), model: "m".into(), context: None, key_env: None }
    }

    #[test]
    fn engines_come_and_go_in_their_order() {
        let folder = tempfile::tempdir().expect("a folder");
        let engines = Engines::of(folder.path().join("grid-node.toml"));
        for port in 1..=3 {
            engines.add(server(&format!("http://127.0.0.1:{port}")), serving(1)).expect("adds");
        }
        engines.serve(1, serving(4)).expect("changes");
        engines.remove(0).expect("removes");
        let slots: Vec<u8> = engines.list().expect("reads").iter().map(|engine| engine.slots).collect();
        assert_eq!(slots, [4, 1]);
        assert!(matches!(engines.remove(2), Err(EnginesError::NoSuchEngine)));
        assert!(matches!(engines.serve(9, serving(1)), Err(EnginesError::NoSuchEngine)));
    }

    #[test]
    fn nothing_is_written_that_would_not_start() {
        let folder = tempfile::tempdir().expect("a folder");
        let engines = Engines::of(folder.path().join("grid-node.toml"));
        let never =
            ScheduleSetting { days: "noday".into(), start: String::new(), end: String::new(), slots: 1 };
        let odd = [
            (server("ftp://127.0.0.1:1"), serving(1)),
            (server("http://127.0.0.1:1"), serving(0)),
            (server("http://127.0.0.1:1"), Serving { schedule: vec![never], ..serving(1) }),
        ];
        for (source, serving) in odd {
            assert!(engines.add(source.clone(), serving).is_err(), "{source:?}");
        }
        assert_eq!(engines.list().expect("reads"), []);
    }

    #[tokio::test]
    async fn a_place_without_a_server_is_told_with_its_reason() {
        let folder = tempfile::tempdir().expect("a folder");
        let engines = Engines::of(folder.path().join("grid-node.toml"));
        let nobody =
            std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port");
        let address = format!("http://{nobody}");
        engines.look_at(&address).await.expect("an address");
        let search = engines.search().borrow().clone();
        assert!(matches!(search.faults.as_slice(), [(at, ServerFault::Unreachable(_))] if *at == address));
        assert!(engines.look_at("nowhere").await.is_err());
    }
}
