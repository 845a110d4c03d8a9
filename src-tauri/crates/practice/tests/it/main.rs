//! The practice network from outside: a raw test worker and a raw customer on loopback.

mod customers;
mod goodbyes;
mod jobs;
mod receipts;
mod registrations;
mod replay;
mod rigs;
mod support;
mod vectors;
