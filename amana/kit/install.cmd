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
set answer=
set /p "answer=Are they the same? Type yes: "
if /i not "%answer%"=="yes" (
  echo Nothing was changed.
  pause
  exit /b 1
)
certutil -hashfile "%~dp0authority.cer" SHA256 | findstr /i /b /c:"$digest" >nul
if errorlevel 1 (
  echo authority.cer is not the one this was made with. Nothing was changed.
  pause
  exit /b 1
)
set hosts=%SystemRoot%\System32\drivers\etc\hosts
findstr /i /c:"$name" "%hosts%" | findstr /v /b /c:"$ip $name" >nul
if not errorlevel 1 (
  echo An older line leads $name elsewhere. Nothing was changed.
  echo Open Notepad as administrator, remove that line from this file, and run this again:
  echo     %hosts%
  pause
  exit /b 1
)
certutil -addstore -f Root "%~dp0authority.cer"
if errorlevel 1 (
  echo The authority could not be installed. Nothing was changed.
  pause
  exit /b 1
)
rem The empty line ends a last line that has no end.
findstr /b /c:"$ip $name" "%hosts%" >nul || (
  echo.
  echo $ip $name
) >>"%hosts%"
findstr /b /c:"$ip $name" "%hosts%" >nul
if errorlevel 1 (
  echo The authority is installed. The name is not: something protects the file of names.
  echo Open Notepad as administrator, add the second line to the file in the first, and run this again:
  echo     %hosts%
  echo     $ip $name
  pause
  exit /b 1
)
set failed=
for %%K in ("Microsoft\Edge" "Google\Chrome") do (
  reg add "HKLM\SOFTWARE\Policies\%%~K\VideoCaptureAllowedUrls" /v 1 /t REG_SZ /d "$address" /f >nul || set failed=yes
  reg add "HKLM\SOFTWARE\Policies\%%~K\AudioCaptureAllowedUrls" /v 1 /t REG_SZ /d "$address" /f >nul || set failed=yes
)
if defined failed echo Cameras could not be allowed beforehand: allow them when the page asks.
echo Done. Open $address
pause
