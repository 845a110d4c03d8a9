//! The practice network from outside: a raw test worker and a raw customer on loopback.

mod customers;
mod earnings;
mod goodbyes;
mod jobs;
mod receipts;
mod registrations;
mod replay;
mod rigs;
mod settlements;
mod siwe_vectors;
mod support;
mod vectors;
