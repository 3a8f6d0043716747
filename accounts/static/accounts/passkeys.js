/* Says on the page that a passkey was not used, instead of only in the console. */
document.addEventListener('allauth.error', (event) => {
  event.preventDefault()
  document.getElementById('passkey-error').hidden = false
})
