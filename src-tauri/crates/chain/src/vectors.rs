//! The bytes the public contracts really took and gave, recorded, against everything we encode, decode and conclude.

mod abi;
mod file;
mod rules;
mod transactions;
