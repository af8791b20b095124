/// @file
/// All that a program includes.
#pragma once
#include "client/cluster.hpp"
