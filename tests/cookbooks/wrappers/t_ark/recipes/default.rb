# SPDX-License-Identifier: MIT
ark 'demo' do
  url 'file:///var/tmp/demo-1.0.tar.gz'
  version '1.0'
  prefix_root '/opt'
  home_dir '/opt/demo'
  has_binaries ['bin/demo']
end
