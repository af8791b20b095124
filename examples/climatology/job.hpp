/// @file
/// Running a plan on a cluster.
#pragma once
#include "client/cluster.hpp"
#include "examples/climatology/plan.hpp"

namespace climatology {
/// Refuses results that are there, unless they may be overwritten: `io_failed`.
void check_output(const Plan& plan, const std::string& folder, bool overwrite);

/// What it will take; computes nothing and writes nothing.
tessera::Plan forecast(const Plan& plan, tessera::Cluster& cluster);

/// Computes, stores and draws. Stores and pictures appear whole; a job that fails or is interrupted leaves none, and what was
/// there before stays. False if it was interrupted. Throws `tessera::Error`.
bool run(const Plan& plan, tessera::Cluster& cluster, const std::string& folder, bool overwrite);
}  // namespace climatology
