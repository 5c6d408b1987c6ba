# SPDX-License-Identifier: MIT
logrotate_app 'tomcat-myapp' do
  path '/var/log/tomcat/myapp.log'
  frequency 'daily'
  rotate 30
  create '644 root adm'
end
