; Runs before files are removed, never at an update: gives the files of AI clients back as they were.
!macro customUnInstall
  ${ifNot} ${isUpdated}
    nsExec::ExecToLog '"$INSTDIR\${APP_EXECUTABLE_FILENAME}" --give-files-back'
    Pop $0
  ${endIf}
!macroend
