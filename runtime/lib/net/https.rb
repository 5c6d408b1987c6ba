# SPDX-License-Identifier: MIT
# frozen_string_literal: true

# The standard one loads its neighbour by path and so would miss ours.
require "net/http"
require "openssl"
