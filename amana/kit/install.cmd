@echo off
rem Makes this machine know $address, and its browser trust it. Windows; run as administrator.
setlocal
net session >nul 2>&1
if errorlevel 1 (
  echo Right-click install.cmd and choose "Run as administrator".
  pause
  exit /b 1
)
echo The fingerprint of the center's authority. Compare it with the one at the center:
echo     $fingerprint
certutil -hashfile "%~dp0authority.cer" SHA256 | findstr /i /b /c:"$digest" >nul
if errorlevel 1 (
  echo authority.cer is not the one this was made with. Nothing was changed.
  pause
  exit /b 1
)
findstr /c:"$ip $name" "%SystemRoot%\System32\drivers\etc\hosts" >nul 2>&1
if errorlevel 1 echo $ip $name>>"%SystemRoot%\System32\drivers\etc\hosts"
certutil -addstore -f Root "%~dp0authority.cer"
if errorlevel 1 (
  echo The authority could not be installed. Nothing else was changed.
  pause
  exit /b 1
)
for %%K in ("Microsoft\Edge" "Google\Chrome") do (
  reg add "HKLM\SOFTWARE\Policies\%%~K\VideoCaptureAllowedUrls" /v 1 /t REG_SZ /d "$address" /f >nul
  reg add "HKLM\SOFTWARE\Policies\%%~K\AudioCaptureAllowedUrls" /v 1 /t REG_SZ /d "$address" /f >nul
)
echo Done. Open $address
pause
