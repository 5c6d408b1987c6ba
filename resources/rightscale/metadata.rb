# SPDX-License-Identifier: MIT
name             'rightscale'
maintainer       'RightLink contributors'
license          'MIT'
description      'Resources that ask the RightLink agent: tags, server ' \
                 'collections, remote recipes, RightScripts, schedules, shutdown'
version          '1.0.0'
