# SPDX-License-Identifier: MIT
require 'chef/formatters/base'
require 'chef/formatters/doc'
require 'chef/formatters/minimal'
