//! Names, looked up by ourselves, so that the address that was judged is the one that is connected to.

use std::io;
use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::is_near;

/// Finds only addresses at home: for servers that are spoken to in the clear.
#[derive(Debug)]
pub(crate) struct AtHome;

impl Resolve for AtHome {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let near = only_near(found)?;
            Ok(Box::new(near.into_iter()) as Addrs)
        })
    }
}

/// What is far among them is left out, and a name that is all far is refused.
fn only_near(found: Vec<SocketAddr>) -> io::Result<Vec<SocketAddr>> {
    let near: Vec<SocketAddr> = found.into_iter().filter(|address| is_near(address.ip())).collect();
    if near.is_empty() {
        return Err(io::Error::other("the name stands for no address on this computer or its own network"));
    }
    Ok(near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_means_somewhere_else_is_not_connected_to() {
        let at = |text: &str| -> SocketAddr { text.parse().expect("an address") };
        let mixed = vec![at("8.8.8.8:0"), at("192.168.1.9:0")];
        assert_eq!(only_near(mixed).expect("one is near"), [at("192.168.1.9:0")]);
        assert!(only_near(vec![at("93.184.216.34:0"), at("[2606:2800::1]:0")]).is_err());
        assert!(only_near(vec![]).is_err());
    }
}
