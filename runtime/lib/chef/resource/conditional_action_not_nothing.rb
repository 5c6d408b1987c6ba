# SPDX-License-Identifier: MIT
require 'chef/resource/conditional'
