/// @file
/// One function a format of workflows; `parse_workflow` tells which it is.
#pragma once
#include "simulation/files/workflow.hpp"

namespace tessera::simulation::files {
/// They fail with `bad_input`; that a graph has no cycle they do not look at.
runtime::Result<Workflow> parse_wfformat(std::string_view text);
runtime::Result<Workflow> parse_dax(std::string_view text);
runtime::Result<Workflow> parse_dot(std::string_view text);
}  // namespace tessera::simulation::files
