/// @file
/// All that a program includes.
#pragma once
#include "client/array.hpp"
#include "client/cluster.hpp"
#include "client/cube.hpp"
#include "client/dlpack.hpp"
#include "client/plugin.hpp"
#include "client/policy.hpp"
#include "client/preview.hpp"
#include "client/processes.hpp"
#include "client/sizes.hpp"
#include "client/xp/arranging.hpp"
#include "client/xp/mapping.hpp"
#include "client/xp/windows.hpp"
