; What Windows' installer does beside electron-builder's own steps: an entry in the menu of folders, and a word at the end.

!macro customInstall
  WriteRegStr SHCTX "Software\Classes\Directory\shell\Precedent" "" "Import into Precedent"
  WriteRegStr SHCTX "Software\Classes\Directory\shell\Precedent" "Icon" "$INSTDIR\${APP_EXECUTABLE_FILENAME}"
  WriteRegStr SHCTX "Software\Classes\Directory\shell\Precedent\command" "" '"$INSTDIR\${APP_EXECUTABLE_FILENAME}" "%1"'
!macroend

!macro customUnInstall
  DeleteRegKey SHCTX "Software\Classes\Directory\shell\Precedent"
  ; The uninstaller also runs, silently, before an update.
  ${ifNot} ${Silent}
    MessageBox MB_OK|MB_ICONINFORMATION "Libraries, settings and logs stay where they are: docs/installing.md says where that is."
  ${endif}
!macroend
