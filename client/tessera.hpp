/// @file
/// All that a program includes.
#pragma once
#include "client/array.hpp"
#include "client/cluster.hpp"
#include "client/cube.hpp"
#include "client/plugin.hpp"
#include "client/policy.hpp"
#include "client/processes.hpp"
#include "client/sizes.hpp"
#include "client/xp/indexing.hpp"
#include "client/xp/sorting.hpp"
