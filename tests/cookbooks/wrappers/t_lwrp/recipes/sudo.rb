# SPDX-License-Identifier: MIT
sudo 'deploy' do
  user 'deploy'
  commands ['/usr/sbin/service nginx reload']
  nopasswd true
end
