/** Mantine, set dark, small and quiet for a dim room. */
import { createTheme } from '@mantine/core';

export const theme = createTheme({
  fontFamily: '"Inter Variable", system-ui, sans-serif',
  fontSizes: { xs: '11.5px', sm: '12.5px', md: '13px', lg: '14px', xl: '16px' },
  defaultRadius: 4,
  primaryColor: 'cyan',
  primaryShade: 5,
  autoContrast: true,
  focusRing: 'auto',
  colors: {
    dark: [
      '#d6dde6',
      '#b4bdc9',
      '#8f9aa8',
      '#5f6976',
      '#39424d',
      '#2a323b',
      '#1b2128',
      '#13181e',
      '#0e1216',
      '#090c0f',
    ],
  },
  components: {
    Tooltip: { defaultProps: { withArrow: false, fz: 'xs', color: 'dark.5' } },
    Modal: { defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.6 } } },
    Menu: { defaultProps: { transitionProps: { duration: 80 } } },
  },
});
